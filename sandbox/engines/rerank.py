"""The reranker stand-in."""

from collections.abc import Sequence

import numpy as np

from sandbox.engines.embed import StandInEmbedder


class StandInReranker:
    """Cosine of the embedder stand-in, moved to 0..1."""

    stand_in = True
    name = "stand-in: cosine of all-MiniLM-L6-v2"

    def __init__(self, embedder: StandInEmbedder) -> None:
        self._embedder = embedder

    def rerank(self, query: str, documents: Sequence[str]) -> np.ndarray:
        """Relevance [n] float32 of every document, 0 to 1."""
        vectors = self._embedder.embed([query, *documents])
        return ((vectors[1:] @ vectors[0] + 1) / 2).astype(np.float32)
