"""The reranker stand-in: how much of the query the document covers, how alike the two are, what MiniLM thinks of it.

Each pair is scored alone, as a cross-encoder does: the same pair has the same score in every request.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from threading import Lock

import numpy as np

from sandbox.engines.embed import StandInEmbedder, latin_share
from sandbox.engines.lexical import CACHED_WORDS, lexical_vectors, n_grams, words

RELATED = 0.35
"""Dice coefficient of n-grams from which two stems count as relatives (доставк, достав)."""
RELATED_WORTH = 0.6
NEURAL_WORTH = 4.0
"""Of MiniLM's cosine, beside the coverage and the lexical cosine, when both texts are English."""
REMEMBERED_DOCUMENTS = 4096
MIDPOINT_CYRILLIC, MIDPOINT_LATIN = 0.35, 1.3
SLOPE_CYRILLIC, SLOPE_LATIN = 5.0, 2.5
"""Of the logistic: evidence at which a document is as likely relevant as not, and how fast that changes."""


class StandInReranker:
    """Lexical coverage and cosines through a logistic that was fitted on the tuning corpora; safe under threads."""

    stand_in = True
    name = "stand-in: coverage by stems and n-grams, cosine of all-MiniLM-L6-v2"

    def __init__(self, embedder: StandInEmbedder) -> None:
        """Share the model that the embedder holds."""
        self.embedder = embedder
        self._remembered: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._remembering = Lock()

    def rerank(self, query: str, documents: Sequence[str]) -> np.ndarray:
        """Relevance [n] float32 of every document, 0 to 1."""
        evidence, latin = self.evidence(query, documents)
        return (1 / (1 + np.exp(-_logit(evidence, latin)))).astype(np.float32)

    def evidence(self, query: str, documents: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Sum of the three signs [n], and how far both texts are Latin [n], 0 to 1."""
        lexical = lexical_vectors([query, *documents])
        latin = np.sqrt(latin_share(query) * np.array([latin_share(document) for document in documents]))
        evidence = coverage(query, documents) + lexical[1:] @ lexical[0]
        if latin.any():
            evidence += NEURAL_WORTH * latin * (self._neural_vectors(documents) @ self._neural_vectors([query])[0])
        return evidence, latin

    def _neural_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors [n, 384]: a stack of the same documents is asked about again and again, so the last are kept."""
        keys = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        with self._remembering:
            known = {key: self._remembered[key] for key in keys if key in self._remembered}
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        known.update(zip(unknown, self.embedder.neural_vectors(list(unknown.values())), strict=True))
        with self._remembering:
            for key in keys:
                self._remembered[key] = known[key]
                self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED_DOCUMENTS:
                self._remembered.popitem(last=False)
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, 1))


def coverage(query: str, documents: Sequence[str]) -> np.ndarray:
    """Weighted part of the query's stems that each document has [n], 0 to 1; a relative of a stem counts in part."""
    asked = {word.stem: word.weight for word in words(query)}
    total = sum(asked.values())
    if not total:
        return np.zeros(len(documents))
    return np.array([_covered(asked, {word.stem for word in words(text)}) / total for text in documents])


def _covered(asked: dict[str, float], stems: set[str]) -> float:
    return sum(weight * presence(stem, stems) for stem, weight in asked.items())


def presence(stem: str, stems: set[str]) -> float:
    """Return how far the stems hold this one, 0 to 1: 1 for itself, a part for a relative, 0 for neither."""
    if stem in stems:
        return 1.0
    closest = max((similarity(stem, other) for other in stems), default=0.0)
    return RELATED_WORTH * closest if closest >= RELATED else 0.0


@lru_cache(8 * CACHED_WORDS)
def similarity(stem: str, other: str) -> float:
    """Dice coefficient of the n-grams of two stems, 0 to 1."""
    grams, others = set(n_grams(stem)), set(n_grams(other))
    return 2 * len(grams & others) / (len(grams) + len(others)) if grams and others else 0.0


def _logit(evidence: np.ndarray, latin: np.ndarray) -> np.ndarray:
    midpoint = MIDPOINT_CYRILLIC + latin * (MIDPOINT_LATIN - MIDPOINT_CYRILLIC)
    slope = SLOPE_CYRILLIC + latin * (SLOPE_LATIN - SLOPE_CYRILLIC)
    return slope * (evidence - midpoint)
