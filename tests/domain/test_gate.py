"""The gate decides what users get: it lets a good version pass and names why it stops another one."""

import pytest

from domain.gate import Thresholds, gate, measures
from tests.support.evaluations import LOW, evaluation


def test_good_version_passes() -> None:
    """Above every threshold, nothing in service yet."""
    verdict = gate(evaluation(1, 0.8), None, Thresholds())
    assert (verdict.passed, verdict.reasons, verdict.worse_questions) == (True, (), ())


def test_each_threshold_stops_a_version() -> None:
    """What users are asked with counts: the figures without the reranker are perfect here."""
    verdict = gate(evaluation(0.5, 0.1), None, Thresholds())
    assert not verdict.passed
    assert verdict.reasons == (
        "recall@3 0.300 is below 0.7",
        "MRR 0.300 is below 0.5",
        "nDCG@3 0.300 is below 0.5",
        "answer phrase rate 0.300 is below 0.5",
    )


def test_threshold_itself_passes() -> None:
    """At least means at least."""
    assert gate(evaluation(0.7, 0.7, 0.7), None, Thresholds()).passed


def test_slow_answers_stop_a_version() -> None:
    """The p95 of the answers, only where somebody asked for it."""
    slow = evaluation(1, 1, answer_s=2.5)
    assert gate(slow, None, LOW).passed
    verdict = gate(slow, None, LOW.model_copy(update={"answer_p95_s_at_most": 2.0}))
    assert verdict.reasons == ("the p95 of the answers, 2.50 s, is above 2 s",)


def test_worse_than_the_version_in_service_is_stopped() -> None:
    """Every figure that fell by more than allowed is named, and the questions that fell, the worst first."""
    verdict = gate(evaluation(1, 0.5, 0), evaluation(0.5, 1, 1, version_id="old"), LOW)
    assert not verdict.passed
    assert verdict.reasons[0] == "recall@3 0.500 is worse than 0.833 of the version in service by more than 0.02"
    assert len(verdict.reasons) == 4
    assert [question.line for question in verdict.worse_questions] == [3, 2]
    assert str(verdict.worse_questions[0]) == (
        "line 3, 'question 3': recall 1.00 -> 0.00, reciprocal rank 1.00 -> 0.00, nDCG 1.00 -> 0.00, "
        "answer phrases 1.00 -> 0.00"
    )


@pytest.mark.parametrize(("allowed", "passed"), [(0.02, True), (0.019, False)])
def test_a_little_worse_is_allowed(allowed: float, passed: bool) -> None:  # noqa: FBT001  # a case
    """The tolerance is inclusive, whatever the floating point makes of 0.97 - 0.95."""
    thresholds = LOW.model_copy(update={"worse_by_at_most": allowed})
    verdict = gate(evaluation(0.95), evaluation(0.97, version_id="old"), thresholds)
    assert verdict.passed is passed
    assert [question.line for question in verdict.worse_questions] == [1]


def test_better_version_passes() -> None:
    """No question is worse, no reason is given."""
    verdict = gate(evaluation(1, 1), evaluation(0.5, 1, version_id="old"), Thresholds())
    assert (verdict.passed, verdict.worse_questions) == (True, ())


def test_measures_have_the_names_people_know() -> None:
    """They are what the Prefect Variable keeps."""
    assert measures(evaluation(1, 0.5)) == {"recall@3": 0.75, "MRR": 0.75, "nDCG@3": 0.75, "answer phrase rate": 0.75}


def test_percentiles_of_an_evaluation() -> None:
    """Latency is that of the way of asking."""
    summary = evaluation(1, 1, answer_s=3).summary()
    assert (summary.answer_p50_s, summary.answer_p95_s, summary.retrieve_p95_s) == (3, 3, 0.01)
    assert evaluation(1, answer_s=3).summary("without reranker").answer_p50_s == 0.1
