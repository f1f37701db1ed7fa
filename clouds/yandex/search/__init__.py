"""Search indexes, the files that they read, and the search in them."""

from clouds.yandex.search.client import EnsuredSearchIndex, SearchIndexes
from clouds.yandex.search.files import Document, Files

__all__ = [
    "Document",
    "EnsuredSearchIndex",
    "Files",
    "SearchIndexes",
]
