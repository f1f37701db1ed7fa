"""What a stack or a tuning is called on the Prefect server, where those of every project stand side by side."""

import hashlib
import re
from dataclasses import dataclass

DIGEST_CHARACTERS = 8


@dataclass(frozen=True)
class StackKey:
    """A stack: the name of its knowledge base in a Cloud.ru project. Two credentials blocks of one project are one."""

    project_id: str
    name: str

    @property
    def variable(self) -> str:
        """Return the Prefect Variable that names the version in service; those of the stack begin so."""
        return _written("rag", "_", self.project_id, self.name)

    @property
    def leaving(self) -> str:
        """Return the Prefect Variable that names what teardown-rag has begun to delete."""
        return f"{self.variable}_leaving"

    @property
    def limit(self) -> str:
        """Return the global concurrency limit that is the stack's lock."""
        return _written("rag", "-", self.project_id, self.name)

    @property
    def block(self) -> str:
        """Return the name of the block that keeps what the stack is."""
        return _written("rag", "-", self.project_id, self.name)

    def artifact(self, kind: str) -> str:
        """Return the key of an artifact of this kind, say `plan`."""
        return artifact_key(kind, self.project_id, self.name)


@dataclass(frozen=True)
class TuningKey:
    """A tuning: its name in a folder of Yandex Cloud. Two credentials blocks of one folder are one."""

    folder_id: str
    name: str

    @property
    def variable(self) -> str:
        """Return the Prefect Variable that names the embedder in service."""
        return _written("embedder", "_", self.folder_id, self.name)

    @property
    def limit(self) -> str:
        """Return the global concurrency limit that is the tuning's lock."""
        return _written("tuning", "-", self.folder_id, self.name)

    def artifact(self, kind: str) -> str:
        """Return the key of an artifact of this kind, say `loss`."""
        return artifact_key(kind, self.folder_id, self.name)


def result_kind(kind: str) -> str:
    """Return the kind of the artifact that holds as data what the page of `kind` shows."""
    return f"{kind}-result"


def artifact_key(kind: str, owner_id: str, name: str) -> str:
    """Return `<kind>-<name>-<digest>`; `owner_id` is the project or folder that the name is of."""
    return _written(kind, "-", owner_id, name)


def artifact_key_before_digests(kind: str, name: str) -> str:
    """Return the key under which all stacks of such a name had their pages until 0.1.0."""
    return re.sub(r"[^a-z0-9]+", "-", f"{kind}-{name}".lower()).strip("-")


def _written(kind: str, between: str, owner: str, name: str) -> str:
    """Join the words of the name and a digest of owner and exact name.

    Prefect takes few characters besides lower-case letters and digits, so that `kb-a` and `kb.a` would be one name.
    """
    digest = hashlib.sha256(f"{owner.strip().lower()}/{name}".encode()).hexdigest()
    words = [*re.findall(r"[a-z0-9]+", name.lower()), digest[:DIGEST_CHARACTERS]]
    return between.join((kind, *words))
