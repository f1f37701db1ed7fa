"""What the demonstration of a stack's life makes short."""

from domain.gate import KeptEvaluation, Thresholds, gate
from local.demos.lifecycle_text import cut, refusal
from tests.support.evaluations import evaluation


def kept(worse: int) -> KeptEvaluation:
    """Return what the flow keeps of a version that answers so many of ten questions half as well."""
    new, old = evaluation(*[0.5] * worse, *[1.0] * (10 - worse)), evaluation(*[1.0] * 10, version_id="old")
    return KeptEvaluation.of(new, gate(new, old, Thresholds()))


def test_refusal_names_reasons_and_questions_in_a_line_each() -> None:
    """Each reason, and each question with the figure that fell first."""
    figures = ("recall@3", "MRR", "nDCG@3", "answer phrase rate")
    before = "is worse than 1.000 of the version in service by more than 0.02"
    assert refusal(kept(2)) == [
        f"why: {', '.join(f'{figure} 0.900 {before}' for figure in figures)}",
        "worse: line 1, 'question 1': recall 1.00 -> 0.50",
        "worse: line 2, 'question 2': recall 1.00 -> 0.50",
    ]


def test_many_questions_are_counted() -> None:
    """Three are named, the others counted."""
    lines = refusal(kept(5))
    assert len(lines) == 5
    assert lines[-1] == "and 2 more on the page of the evaluation"


def test_an_answer_is_cut() -> None:
    """Its beginning is shown."""
    assert cut("a" * 1000) == "a" * 150 + "…"
