"""By what a run judges: golden questions, measurement and thresholds of its stack, and what the run adds to them."""

from dataclasses import dataclass

from clouds.errors import ConfigurationError
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from domain.golden import GoldenQuestion, check_sources
from domain.in_service import AskedWith
from domain.judged import Judged, Standard, golden_missing, question_digest, stricter, stricter_measurement
from domain.kept_stack import KeptStack
from domain.keys import StackKey
from domain.plan import Observation, StackPlan
from domain.same_text import plain
from domain.stack import RagStack
from tasks.evaluation.golden import read_golden
from tasks.evaluation.measure import check_measurement
from tasks.run.judged_record import read_judged
from tasks.stack.preflight import Checked
from tasks.stack.version import AskedVersion


@dataclass(frozen=True)
class JudgedBy:
    """The questions to ask, none: the probe judges; `stacks_own` says whether the stack has golden questions."""

    questions: tuple[GoldenQuestion, ...]
    measurement: EvaluationSpec
    thresholds: Thresholds
    stacks_own: bool

    @property
    def standard(self) -> Standard | None:
        """Return it as a refusal remembers it; None when the probe judges."""
        if not self.questions:
            return None
        digests = (question_digest(question.model_dump(mode="json", exclude={"line"})) for question in self.questions)
        return Standard(questions=frozenset(digests), k=self.measurement.k, thresholds=self.thresholds)


def read_judged_by(
    stack: RagStack,
    golden: str | None = None,
    measurement: EvaluationSpec | None = None,
    thresholds: Thresholds | None = None,
    kept: KeptStack | None = None,
    *,
    otherwise: str | None = None,
) -> JudgedBy:
    """Read the questions of the stack and those of the run; the run's other wishes count where they are stricter.

    `kept` is the stack as it is kept under its name: one that is given whole may only add to that, as a run may. A
    stack without golden questions has no measurement and no thresholds to keep to: those of the run are taken,
    and `otherwise` is its file when neither names one.

    Raises:
        ConfigurationError: a file cannot be read or has faults, or two ask the same question and expect different
            answers.

    """
    own = kept.provisioned if kept and kept.provisioned and kept.provisioned.golden else stack
    golden = golden or (None if own.golden else otherwise)
    by = JudgedBy(read_golden(own.golden) if own.golden else (), own.measurement, own.thresholds, bool(own.golden))
    added = [(golden, measurement, thresholds)]
    if own is not stack:
        added.insert(0, (stack.golden, stack.measurement, stack.thresholds))
    for place, measured, wanted in added:
        by = _with(by, read_golden(place) if place and place != own.golden else (), place or "", measured, wanted)
    if by.questions:
        check_measurement(by.measurement, stack.retrieval)
    return by


def check_evaluation(asked: AskedVersion, by: JudgedBy, *, promote: bool, promote_refused: str) -> None:
    """Raise ConfigurationError when the settings retrieve too few chunks, or `promote_refused` means something else."""
    check_measurement(by.measurement, asked.retrieval)
    if not promote_refused:
        return
    if not promote or promote_refused != asked.version_id:
        raise ConfigurationError(
            f"promote_refused={promote_refused!r} puts version {promote_refused} in service: set version to the same "
            "id and promote to true, or leave it out"
        )
    check_promote_refused(asked.stack, read_judged(asked.stack), promote_refused)


def check_before_provision(
    key: StackKey,
    stack: RagStack,
    by: JudgedBy,
    plan: StackPlan,
    seen: Observation,
    checked: Checked,
    promote_refused: str,
) -> None:
    """Refuse golden questions without their document, and a run that could not promote what it brings up.

    Raises:
        ConfigurationError: says which question, or what to give.

    """
    held = [document.name for document in checked.documents]
    check_sources(by.questions, [*held, *(seen.documents.leaves if seen.documents else ())], "the stack's folder")
    judged = read_judged(key)
    check_promote_refused(key, judged, promote_refused)
    if _promotes(stack, plan, seen) and judged.golden_since and not (by.questions or promote_refused):
        raise ConfigurationError(f"{key.name}: {golden_missing(judged.golden_since)}. Nothing was changed")


def _promotes(stack: RagStack, plan: StackPlan, seen: Observation) -> bool:
    """Say whether the run would put something else in service than what is there."""
    serving = seen.served
    if serving is None or serving.asked_with not in (None, AskedWith.of(stack)):
        return True
    row = next(row for row in plan.rows if row.resource == "knowledge base")
    return row.verb != "adopt" or row.id != serving.knowledge_base_id


def check_promote_refused(stack: StackKey, judged: Judged, promote_refused: str) -> None:
    """Raise ConfigurationError when it names a version that was not refused."""
    refused = [refusal.build.version_id for refusal in judged.refusals]
    if promote_refused and promote_refused not in refused:
        raise ConfigurationError(
            f"promote_refused names {promote_refused!r}, and golden questions have refused "
            f"{', '.join(refused) or 'no version'} of {stack.name}: correct it, or leave it out"
        )


def _with(
    by: JudgedBy,
    added: tuple[GoldenQuestion, ...],
    place: str,
    measurement: EvaluationSpec | None,
    thresholds: Thresholds | None,
) -> JudgedBy:
    known = {plain(question.query): question for question in by.questions}
    new: list[GoldenQuestion] = []
    for question in added:
        same = known.get(plain(question.query))
        if same is None:
            new.append(question)
        elif same.model_copy(update={"line": question.line}) != question:
            raise ConfigurationError(
                f"{place}, line {question.line}: the stack's golden questions ask the same in line {same.line} and "
                "expect another answer: a run may only add questions, so correct the one of the stack"
            )
    if measurement is not None:
        measurement = stricter_measurement(by.measurement, measurement) if by.stacks_own else measurement
    if thresholds is not None:
        thresholds = stricter(by.thresholds, thresholds) if by.stacks_own else thresholds
    return JudgedBy((*by.questions, *new), measurement or by.measurement, thresholds or by.thresholds, by.stacks_own)
