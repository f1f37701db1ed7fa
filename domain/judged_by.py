"""By what a run judges: golden questions, measurement and thresholds of its stack, and what the run adds to them."""

from dataclasses import dataclass, replace
from typing import Self

from clouds.cloudru.specs import RetrievalSpec
from clouds.errors import ConfigurationError
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from domain.golden import GoldenQuestion
from domain.in_service import AskedWith
from domain.judged import Judged, Standard, question_digest, stricter, stricter_measurement
from domain.keys import StackKey
from domain.plan import Observation, StackPlan
from domain.same_text import plain
from domain.stack import RagStack


def check_measurement(spec: EvaluationSpec, retrieval: RetrievalSpec) -> None:
    """Raise ConfigurationError when more chunks are to be looked at than are retrieved."""
    if spec.k > retrieval.results:
        raise ConfigurationError(
            f"k={spec.k} of the measurement is above results={retrieval.results} of the stack's retrieval: lower k, or "
            "retrieve more chunks"
        )


@dataclass(frozen=True)
class JudgingSpec:
    """What a stack, or a run beside its stack, wants of a judgement.

    `golden` is a file of golden questions, `promote_refused` the id of a refused version that a person wants in
    service all the same.
    """

    golden: str | None = None
    measurement: EvaluationSpec | None = None
    thresholds: Thresholds | None = None
    promote_refused: str = ""

    @classmethod
    def of(cls, stack: RagStack) -> Self:
        """Return what the stack wants."""
        return cls(stack.golden, stack.measurement, stack.thresholds)


@dataclass(frozen=True)
class JudgedBy:
    """The questions to ask, none: the probe judges; `stacks_own` says whether the stack has golden questions.

    `promote_refused` is the id of the refused version that a person wants in service all the same; empty: none.
    """

    questions: tuple[GoldenQuestion, ...]
    measurement: EvaluationSpec
    thresholds: Thresholds
    stacks_own: bool
    promote_refused: str = ""

    @property
    def standard(self) -> Standard | None:
        """Return it as a refusal remembers it; None when the probe judges."""
        if not self.questions:
            return None
        digests = (question_digest(question.model_dump(mode="json", exclude={"line"})) for question in self.questions)
        return Standard(questions=frozenset(digests), k=self.measurement.k, thresholds=self.thresholds)


def promotes(stack: RagStack, plan: StackPlan, seen: Observation) -> bool:
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


def with_added(by: JudgedBy, added: tuple[GoldenQuestion, ...], wanted: JudgingSpec) -> JudgedBy:
    """Return it with the questions of `wanted.golden`, and with the stricter of measurements and thresholds.

    Raises:
        ConfigurationError: a question is asked already and expects another answer.

    """
    known = {plain(question.query): question for question in by.questions}
    new: list[GoldenQuestion] = []
    for question in added:
        same = known.get(plain(question.query))
        if same is None:
            new.append(question)
        elif same.model_copy(update={"line": question.line}) != question:
            raise ConfigurationError(
                f"{wanted.golden}, line {question.line}: the stack's golden questions ask the same in line {same.line} "
                "and expect another answer: a run may only add questions, so correct the one of the stack"
            )
    measurement, thresholds = wanted.measurement or by.measurement, wanted.thresholds or by.thresholds
    if by.stacks_own:
        measurement = stricter_measurement(by.measurement, measurement)
        thresholds = stricter(by.thresholds, thresholds)
    return replace(by, questions=(*by.questions, *new), measurement=measurement, thresholds=thresholds)
