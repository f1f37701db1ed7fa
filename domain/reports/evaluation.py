"""What an evaluation says of a version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from domain.evaluation import Evaluation
from domain.gate import Verdict
from domain.in_service import InService
from domain.judged import Judgement
from domain.part import Part


@dataclass(frozen=True)
class Judged:
    """A judgement with what it rests on: both evaluations, what the gate said, and earlier evaluations.

    `overruled` says that a person wants the version in service whatever the judgement is.
    """

    judgement: Judgement
    new: Evaluation
    serving: Evaluation | None
    verdict: Verdict
    earlier: Sequence[Evaluation]
    overruled: bool = False


class EvaluationReport(Part):
    """What a version scored, what the version in service scored beside it, and whether it was put in service.

    `overruled` says that a person has put it there although it was refused; empty when none has. `differences` say
    where the stack of this run is not the one that is kept.
    """

    evaluation: Evaluation
    in_service: Evaluation | None
    promoted: bool
    overruled: str = ""
    differences: tuple[str, ...] = ()

    @classmethod
    def of(cls, judged: Judged, promoted: InService | None) -> Self:
        """Return it; `promoted` is None when the version was not put in service."""
        overruled = promoted.overruled if promoted else ""
        return cls(evaluation=judged.new, in_service=judged.serving, promoted=promoted is not None, overruled=overruled)


NAMED = 3
"""So many questions that got worse are named in the line that a person reads first; the page names more."""


def refusal_text(new: Evaluation, verdict: Verdict, left: str) -> str:
    """Return in one line why the version did not pass, which questions got worse, and what is `left` in service."""
    said = [f"version {new.version_id} of {new.stack_name} did not pass: {'; '.join(verdict.reasons)}"]
    if verdict.worse_questions:
        named = "; ".join(str(question) for question in verdict.worse_questions[:NAMED])
        rest = len(verdict.worse_questions) - NAMED
        said.append(f"Worse questions: {named}{f'; and {rest} more on the page of the evaluation' if rest > 0 else ''}")
    return ". ".join((*said, left))
