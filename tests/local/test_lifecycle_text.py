"""What the demonstration of a stack's life makes short."""

from domain.gate import Thresholds, gate
from domain.reports.evaluation import refusal_text
from local.demos.lifecycle_text import counted_documents, cut, headline, refusal
from tests.support.evaluations import evaluation


def message(worse: int) -> str:
    """Return the message with which the flow refuses a version that answers so many of ten questions half as well."""
    new, old = evaluation(*[0.5] * worse, *[1.0] * (10 - worse)), evaluation(*[1.0] * 10, version_id="old")
    return refusal_text(
        new, gate(new, old, Thresholds()), f"It was not promoted, version {old.version_id} stays in service"
    )


def test_refusal_names_reasons_and_questions_in_a_line_each() -> None:
    """Each reason without ids, each question with the figure that fell first."""
    figures = ("recall@3", "MRR", "nDCG@3", "answer phrase rate")
    assert refusal(message(2)) == [
        f"why: {', '.join(f'{figure} 0.900 is worse than 1.000' for figure in figures)}",
        "worse: line 1, 'question 1': recall 1.00 -> 0.50",
        "worse: line 2, 'question 2': recall 1.00 -> 0.50",
    ]


def test_many_questions_are_counted() -> None:
    """Three are named, the others counted."""
    lines = refusal(message(5))
    assert len(lines) == 5
    assert lines[-1] == "and 2 more on the page of the evaluation"


def test_reports_are_made_short() -> None:
    """The line that counts documents, the bold line, the beginning of an answer; nothing of a report without them."""
    assert counted_documents("# kb\n\nDocuments: 1 new, 0 changed.\n\nMore.") == "documents: 1 new, 0 changed"
    assert headline("# kb\n\n**Suspended: 3; saves 5**\n") == "Suspended: 3; saves 5"
    assert (counted_documents("# kb"), headline("# kb")) == ("", "")
    assert cut("a" * 1000) == "a" * 150 + "…"
