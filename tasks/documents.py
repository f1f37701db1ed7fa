"""Find the documents and check them before anything is created."""

from collections.abc import Sequence

from clouds.cloudru.storage import Document

SIZE_LIMIT_BYTES = 100_000_000
"""Largest document: the cap of the vendor's own upload script. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


def find_documents(
    sources: Sequence[str], extensions: Sequence[str], size_limit_bytes: int = SIZE_LIMIT_BYTES
) -> list[Document]:
    """Return the documents of local paths, globs and fsspec URLs, sorted by name; ConfigurationError names each bad one."""
    raise NotImplementedError
