"""Ranking measures are trec_eval's; the expected values are computed by hand from its definitions."""

from dataclasses import astuple
from math import log2

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, nDCG

from clouds.cloudru.wire.search import Chunk
from domain.evaluation import percentile
from domain.golden import GoldenQuestion
from domain.ranking import RankingScores, phrase_ranks, phrase_share, ranking_scores, trec_scores

QUESTION = GoldenQuestion(
    line=1, query="Как долго?", expected_sources=("faq.txt",), expected_phrases=("7 дней", "ещё на 3 дня")
)


def near(recall: float, reciprocal_rank: float, ndcg: float) -> object:
    """Return what compares with the three scores within a tolerance."""
    return pytest.approx((recall, reciprocal_rank, ndcg))


def test_trec_scores_of_two_relevant_documents() -> None:
    """Relevant a and c found first and third: recall@2 1 of 2, reciprocal rank 1, nDCG@3 (1 + 1/log2 4) / ideal."""
    run = {"q": {"a": 3.0, "b": 2.0, "c": 1.0}}
    ideal = 1 + 1 / log2(3)
    assert astuple(trec_scores({"q": {"a": 1, "c": 1}}, run, k=2)["q"]) == near(1 / 2, 1, 1 / ideal)
    assert astuple(trec_scores({"q": {"a": 1, "c": 1}}, run, k=3)["q"]) == near(1, 1, (1 + 1 / log2(4)) / ideal)


def test_trec_scores_rank_by_score_and_count_what_was_not_found() -> None:
    """The order is that of the scores, not of the names; a relevant document that nobody found lowers recall."""
    found = trec_scores({"q": {"a": 1, "x": 1}}, {"q": {"a": 1.0, "z": 2.0}}, k=5)["q"]
    assert astuple(found) == near(1 / 2, 1 / 2, (1 / log2(3)) / (1 + 1 / log2(3)))


DOCUMENTS = st.sampled_from("abcdefgh")


@given(
    relevance=st.dictionaries(DOCUMENTS, st.integers(-1, 3), min_size=1),
    found=st.dictionaries(DOCUMENTS, st.integers(0, 4).map(float), min_size=1),
    k=st.integers(1, 10),
)
def test_trec_scores_are_those_of_trec_eval(relevance: dict[str, int], found: dict[str, float], k: int) -> None:
    """Recall, reciprocal rank and nDCG as pytrec_eval computes them, graded and tied documents included."""
    measured = ir_measures.calc_aggregate([R @ k, RR, nDCG @ k], {"q": relevance}, {"q": found})

    ours = trec_scores({"q": relevance}, {"q": found}, k)["q"]
    assert astuple(ours) == near(measured[R @ k], measured[RR], measured[nDCG @ k])


def test_trec_scores_of_a_question_that_found_nothing() -> None:
    """It counts with zeros, as trec_eval does with -c; it is not left out of the mean."""
    assert trec_scores({"q": {"a": 1}}, {"q": {}}, k=3) == {"q": RankingScores(0, 0, 0)}


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([1], (1, 1, 1)),
        ([3], (1, 1 / 3, 1 / log2(4))),
        ([4], (0, 1 / 4, 0)),
        ([None], (0, 0, 0)),
        ([1, 1], (1, 1, 1)),
        ([2, None], (1 / 2, 1 / 4, 1 / log2(3) / 2)),
        ([1, 10], (1 / 2, (1 + 1 / 10) / 2, 1 / 2)),
    ],
)
def test_scores_of_phrases(ranks: list[int | None], expected: tuple[float, float, float]) -> None:
    """A phrase at rank r: recall@3 is 1 up to rank 3, reciprocal rank 1/r, nDCG@3 1/log2(r + 1); then the mean."""
    assert astuple(ranking_scores(ranks, found=10, k=3)) == near(*expected)


def chunks(*contents: str) -> list[Chunk]:
    """Return chunks of these texts."""
    return [Chunk(content=content) for content in contents]


def test_phrase_is_at_the_first_chunk_of_an_expected_source() -> None:
    """The same words in another file prove nothing; a later chunk that repeats them changes nothing."""
    found = chunks("7 дней", "Хранится 7&nbsp;ДНЕЙ", "7 дней, еще на 3 дня")
    assert phrase_ranks(QUESTION, found, ["kb/other.txt", "kb/faq.txt", "kb/faq.txt"]) == [2, 3]


def test_the_same_name_in_another_folder_is_another_source() -> None:
    """`kz/faq.txt` is not satisfied by `ru/faq.txt`, although both have the phrase."""
    question = QUESTION.model_copy(update={"expected_sources": ("kz/faq.txt",)})
    found = chunks("7 дней, ещё на 3 дня", "7 дней, ещё на 3 дня")
    assert phrase_ranks(question, found, ["kb/ru/faq.txt", "kb/kz/faq.txt"]) == [2, 2]
    assert phrase_ranks(question, found, ["kb/ru/faq.txt", "kb/ru/faq.txt"]) == [None, None]


def test_alternatives_count_as_one_phrase() -> None:
    """Whichever of them stands in a chunk or an answer; a number only as the whole number."""
    question = QUESTION.model_copy(update={"expected_phrases": (("14 дней", "две недели"), "10")})
    found = chunks("114 дней, 10 000 рублей", "Две недели, 10.")
    assert phrase_ranks(question, found, ["faq.txt"] * 2) == [2, 2]
    assert phrase_share(question, "Вернуть можно за 14 дней и 10,5 часа.") == 0.5


def test_phrase_cut_in_two_is_nowhere() -> None:
    """A splitter that cuts the answer shows in the figures."""
    assert phrase_ranks(QUESTION, chunks("Хранится 7", "дней"), ["faq.txt"] * 2) == [None, None]


def test_nothing_found() -> None:
    """No chunk at all is a measurement, too."""
    ranks = phrase_ranks(QUESTION, [], [])
    assert ranking_scores(ranks, found=0, k=3) == RankingScores(0, 0, 0)


def test_share_of_phrases_in_an_answer() -> None:
    """Half of the expected phrases is half."""
    assert phrase_share(QUESTION, "Хранится 7 дней.") == 0.5


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([1.0], 0.95, 1.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), ([float(n) for n in range(1, 41)], 0.95, 38.0)],
)
def test_percentile_is_a_value_that_occurred(values: list[float], share: float, expected: float) -> None:
    """Nearest rank: of 40 answers the 38th is the p95."""
    assert percentile(values, share) == expected
