"""What the acts of `make demo-lifecycle` say of a run, made short from its result."""

from domain.gate import KeptEvaluation
from domain.reports.evaluation import NAMED

SHOWN_CHARACTERS = 150


def refusal(evaluation: KeptEvaluation) -> list[str]:
    """Return why a version was refused, and the questions that got worse, each with the first figure that fell."""
    named = evaluation.worse_questions[:NAMED]
    more = len(evaluation.worse_questions) - len(named)
    return [
        f"why: {', '.join(evaluation.reasons)}",
        *(f"worse: line {each.line}, {each.query!r}: {each.drops[0]}" for each in named),
        *([f"and {more} more on the page of the evaluation"] if more else []),
    ]


def short(version_id: str) -> str:
    """Return the first part of an id."""
    return version_id.partition("-")[0]


def cut(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
