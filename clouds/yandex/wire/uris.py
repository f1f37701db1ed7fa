"""`emb://` URIs: which embedder, of which folder. Source: docs/yandex-api.md, Embeddings."""

import re
from dataclasses import dataclass
from typing import Self

SCHEME = "emb://"
BASE_MODEL = "text-embeddings"
"""The only embedder that can be tuned."""
DOCUMENT_MODEL = "text-search-doc"
QUERY_MODEL = "text-search-query"
MODELS = (BASE_MODEL, DOCUMENT_MODEL, QUERY_MODEL)
LATEST = "latest"
WORD = re.compile(r"[A-Za-z0-9._-]+")
LONGEST = 3
"""Parts of the path: folder, model, version."""


@dataclass(frozen=True)
class EmbedderUri:
    """One embedder; `suffix` (`tamr...`) names a tuned one. `folder_id` is empty where the service left it out."""

    folder_id: str
    model: str
    version: str = LATEST
    suffix: str = ""

    def __str__(self) -> str:
        folder = f"{self.folder_id}/" if self.folder_id else ""
        tuned = f"@{self.suffix}" if self.suffix else ""
        return f"emb://{folder}{self.model}/{self.version}{tuned}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `emb://FOLDER/MODEL[/latest][@SUFFIX]`.

        Raises:
            ValueError: it is no such URI; the message says which form it must have.

        """
        scheme, _, rest = text.partition("://")
        path, at, suffix = rest.partition("@")
        parts = path.split("/")
        words = [*parts, suffix] if at else [*parts]
        if parts[0] in MODELS:
            parts.insert(0, "")
        if scheme != "emb" or len(parts) > LONGEST or not all(WORD.fullmatch(word) for word in words):
            raise ValueError(
                f"{text!r} is not the URI of an embedder; write emb://FOLDER_ID/{BASE_MODEL}/{LATEST}, and "
                f"emb://FOLDER_ID/{BASE_MODEL}/{LATEST}@SUFFIX for a tuned one"
            )
        if len(parts) < LONGEST - 1:
            raise ValueError(f"{text!r} names no model; write emb://{parts[0]}/{BASE_MODEL}/{LATEST}")
        return cls(*parts, suffix=suffix)

    def why_not_tunable(self, folder_id: str) -> str:
        """Say in one sentence why a tuning in that folder cannot begin with this model; empty: it can."""
        if self.folder_id != folder_id:
            return f"{self} belongs to the folder {self.folder_id or '(none)'}, the credentials to {folder_id}"
        if self.model != BASE_MODEL or self.suffix:
            return f"{self} cannot be tuned; take emb://{folder_id}/{BASE_MODEL}/{LATEST}"
        return ""
