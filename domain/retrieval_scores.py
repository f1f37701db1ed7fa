"""How well vectors retrieve: exact cosine search over all texts, scored by trec_eval's measures."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.ranking import RankingScores, trec_scores

DEPTH = 100
"""So many texts are ranked for a question; one that is later counts as not found."""
RESAMPLES = 2000
SEED = 7

Vectors = NDArray[np.float64]


def cut(vectors: Vectors, dim: int | None) -> Vectors:
    """Return the first `dim` components [n, dim], each row at unit length again; None: all of them.

    That is what the service does with `dim`. Source: docs/yandex-api.md, Embeddings.
    """
    part = vectors[:, :dim]
    norms = np.linalg.norm(part, axis=1, keepdims=True)
    return part / np.where(norms == 0, 1.0, norms)


def retrieval_scores(
    texts: Vectors, queries: Vectors, relevant: Sequence[Collection[int]], k: int
) -> list[RankingScores]:
    """Return the scores of each query.

    `texts` [n, d] and `queries` [m, d] have rows of unit length; `relevant` says for each query which rows of `texts`
    answer it, from 0.
    """
    similarity = queries @ texts.T
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :DEPTH]
    judgements = {str(query): {str(text): 1 for text in answers} for query, answers in enumerate(relevant)}
    # Scores are ranks: trec_eval would order equal similarities by name.
    run = {
        str(query): {str(text): float(len(row) - rank) for rank, text in enumerate(row)}
        for query, row in enumerate(order.tolist())
    }
    scores = trec_scores(judgements, run, k)
    return [scores[str(query)] for query in range(len(relevant))]


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of paired differences; one that holds 0 may be chance."""
    values = np.asarray(differences, dtype=np.float64)
    drawn = np.random.default_rng(SEED).choice(values, size=(RESAMPLES, len(values)), replace=True).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
