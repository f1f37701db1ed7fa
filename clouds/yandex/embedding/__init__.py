"""Embeddings: vectors of texts, within the quota."""

from clouds.yandex.embedding.client import Embeddings

__all__ = [
    "Embeddings",
]
