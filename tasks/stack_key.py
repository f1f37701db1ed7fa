"""What a stack is called on the Prefect server, where the stacks of every project stand side by side."""

import hashlib
import re
from dataclasses import dataclass

DIGEST_CHARACTERS = 8


@dataclass(frozen=True)
class StackKey:
    """A stack: the name of its knowledge base in a Cloud.ru project. Two credentials blocks of one project are one.

    Prefect takes few characters besides lower-case letters and digits, so that `kb-a` and `kb.a` would be one name: a
    digest of project and exact name follows the readable part.
    """

    project_id: str
    name: str

    @property
    def variable(self) -> str:
        """Return the Prefect Variable that names the version in service; those of the stack begin so."""
        return self._written("rag", "_")

    @property
    def limit(self) -> str:
        """Return the global concurrency limit that is the stack's lock."""
        return self._written("rag", "-")

    def artifact(self, kind: str) -> str:
        """Return the key of an artifact that is read back."""
        return self._written(kind, "-")

    def _written(self, kind: str, between: str) -> str:
        digest = hashlib.sha256(f"{self.project_id.strip().lower()}/{self.name}".encode()).hexdigest()
        words = [*re.findall(r"[a-z0-9]+", self.name.lower()), digest[:DIGEST_CHARACTERS]]
        return between.join((kind, *words))
