"""The arithmetic of judging: cosine search, trec_eval's measures, cut vectors, and what may be chance."""

import math

import numpy as np
import pytest

from domain.ranking import RankingScores, mean_scores
from domain.retrieval_scores import cut, interval, retrieval_scores

AXES = np.eye(4)


def test_scores_by_hand() -> None:
    """Answers first, third and in two of three places, worked out on paper."""
    order = np.array([0.9, 0.7, 0.5, 0.3])
    queries = np.vstack([order, order, order])
    first, third, two = retrieval_scores(AXES, queries, [{0}, {2}, {1, 3}], k=2)
    assert first == RankingScores(1, 1, 1)
    assert third == RankingScores(0, pytest.approx(1 / 3), 0)  # pyright: ignore[reportArgumentType]  # compares
    assert (two.recall, two.reciprocal_rank) == (0.5, 0.5)
    assert two.ndcg == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))


def test_equal_similarity_goes_by_place() -> None:
    """Ties are resolved the same for every model: the earlier text is the better one."""
    flat = np.ones((1, 4)) / 2
    assert [retrieval_scores(AXES, flat, [{place}], k=1)[0].reciprocal_rank for place in range(4)] == [
        1,
        1 / 2,
        pytest.approx(1 / 3),
        1 / 4,
    ]


def test_what_is_not_among_the_first_hundred_is_not_found() -> None:
    """Beyond that a place says nothing that a user would notice."""
    texts = cut(np.array([[1.0, place / 1000] for place in range(200)]), None)
    [score] = retrieval_scores(texts, np.array([[1.0, 0.0]]), [{150}], k=10)
    assert score == RankingScores(0, 0, 0)


def test_cut_vectors_have_unit_length() -> None:
    """A prefix is normalised again; a row of zeros stays one."""
    vectors = np.array([[3.0, 4.0, 12.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(cut(vectors, 2), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(np.linalg.norm(cut(vectors, None), axis=1), 1)
    np.testing.assert_allclose(cut(cut(vectors, 3), 2), cut(vectors, 2))


def test_mean_scores() -> None:
    """Every query counts the same."""
    assert mean_scores([RankingScores(1, 1, 1), RankingScores(0, 0.5, 0)]) == RankingScores(0.5, 0.75, 0.5)


def test_interval_tells_chance_from_gain() -> None:
    """A gain on every question is above 0; one that comes and goes is not; the same numbers give the same interval."""
    low, high = interval([0.2, 0.1, 0.3, 0.2] * 10)
    assert 0.1 < low < 0.2 < high < 0.3
    mixed = [0.5, -0.5, 0.4, -0.4] * 5
    low, high = interval(mixed)
    assert low < 0 < high
    assert interval(mixed) == (low, high)
