"""What a stack remembers of its judgements, in a Prefect Variable beside the one that names the version in service."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from clouds.errors import ConfigurationError
from domain.gate import Thresholds
from domain.in_service import Build
from domain.judged import QUESTION_CHARACTERS, Judged, Refusal, Standard
from domain.keys import StackKey
from domain.part import Part
from tasks.run.long_variable import forget, read, write
from tasks.run.service_record import in_service


class KeptRefusal(Part):
    """A refusal as it is kept; `asked` has a bit for each of the questions that all refusals know."""

    version_id: str
    started_at: str
    content: str
    refused_at: datetime
    asked: str
    k: int
    thresholds: Thresholds


KEPT = TypeAdapter(tuple[KeptRefusal, ...])


def read_judged(stack: StackKey) -> Judged:
    """Return what is remembered. A stack from before has scores in service when golden questions have judged it.

    Raises:
        ConfigurationError: the Prefect Variable holds something else; names it.

    """
    value = read(_name(stack))
    if value is None:
        serving = in_service(stack)
        return Judged(golden_since=serving.promoted_at if serving and serving.scores else None)
    try:
        return _decoded(value)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"the Prefect variable {_name(stack)} does not hold what a judgement writes: delete it, then run "
            "evaluate-rag with promote"
        ) from error


def write_judged(stack: StackKey, judged: Judged) -> None:
    """Remember exactly this."""
    questions = sorted({digest for refusal in judged.refusals for digest in refusal.standard.questions})
    since = judged.golden_since.isoformat() if judged.golden_since else None
    refusals = [_encoded(refusal, questions).model_dump(mode="json") for refusal in judged.refusals]
    write(_name(stack), {"golden_since": since}, {"questions": "".join(questions), "refusals": refusals})


def forget_judged(stack: StackKey) -> None:
    """Remember nothing."""
    forget(_name(stack))


def _encoded(refusal: Refusal, questions: list[str]) -> KeptRefusal:
    bits = sum(1 << place for place, digest in enumerate(questions) if digest in refusal.standard.questions)
    return KeptRefusal(
        version_id=refusal.build.version_id,
        started_at=refusal.build.started_at,
        content=refusal.content,
        refused_at=refusal.refused_at,
        asked=f"{bits:x}",
        k=refusal.standard.k,
        thresholds=refusal.standard.thresholds,
    )


def _decoded(value: Mapping[str, Any]) -> Judged:
    text = str(value["questions"])
    questions = [text[at : at + QUESTION_CHARACTERS] for at in range(0, len(text), QUESTION_CHARACTERS)]
    refusals: list[Refusal] = []
    for kept in KEPT.validate_python(value["refusals"]):
        bits = int(kept.asked, 16)
        asked = frozenset(digest for place, digest in enumerate(questions) if bits >> place & 1)
        refusals.append(
            Refusal(
                build=Build(version_id=kept.version_id, started_at=kept.started_at),
                content=kept.content,
                standard=Standard(questions=asked, k=kept.k, thresholds=kept.thresholds),
                refused_at=kept.refused_at,
            )
        )
    return Judged.model_validate({"golden_since": value["golden_since"], "refusals": refusals})


def _name(stack: StackKey) -> str:
    return f"{stack.variable}_judged"
