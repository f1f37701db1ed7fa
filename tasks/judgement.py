"""Judge a version: measure it beside the version in service, keep and show the figures, promote what passes."""

from collections.abc import Sequence
from dataclasses import replace

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.specs import RetrievalSpec
from clouds.errors import WrongAnswerError
from domain.evaluation import Evaluation, EvaluationSpec
from domain.gate import Thresholds, Verdict, gate, measures
from domain.keys import StackKey
from tasks.alarm import version_refused
from tasks.evaluation import evaluate, measure
from tasks.evaluation_record import keep, kept
from tasks.evaluation_text import markdown, question_table
from tasks.golden import GoldenQuestion
from tasks.pages import write_page, write_table
from tasks.promotion import promote
from tasks.stack_report import Part
from tasks.steps import LOOK_FIRST, step
from tasks.version import AskedVersion, served

NAMED = 10
"""So many questions that got worse are named in the error; the artifact names them all."""
NEXT_STEP = (
    "open the artifact evaluation-… of the run, which has every question that got worse or was missed; correct the "
    "documents, or the golden questions, and run refresh-rag again"
)


class EvaluationReport(Part):
    """What a version scored, what the version in service scored beside it, and whether it was put in service."""

    evaluation: Evaluation
    in_service: Evaluation | None
    promoted: bool


def judge_version(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    questions: Sequence[GoldenQuestion],
    *,
    retrieval: RetrievalSpec,
    measurement: EvaluationSpec,
    thresholds: Thresholds,
    promote_passed: bool,
) -> EvaluationReport:
    """Measure, compare, keep, show; then promote the version or, when it does not pass, raise.

    Raises:
        WrongAnswerError: it does not pass; says which figures and which questions got worse, and what stays in service.

    """
    new = evaluate(cloudru, asked, questions, retrieval, measurement)
    serving = evaluate_in_service(cloudru, asked, questions, retrieval, measurement, new)
    verdict = compare(asked.stack, new, serving, thresholds)
    if not verdict.passed:
        reason = refusal(new, serving, verdict)
        version_refused(asked.stack, new.version_id, reason, NEXT_STEP)
        raise WrongAnswerError(reason)
    if promote_passed:
        promote(cloudru, new.stack_name, new.knowledge_base_id, new.version_id, measures(new))
    return EvaluationReport(evaluation=new, in_service=serving, promoted=promote_passed)


@step("evaluate-in-service", **LOOK_FIRST)
def evaluate_in_service(
    cloudru: CloudRuCredentials,
    asked: AskedVersion,
    questions: Sequence[GoldenQuestion],
    retrieval: RetrievalSpec,
    measurement: EvaluationSpec,
    new: Evaluation,
) -> Evaluation | None:
    """Return what the version in service scores on the same questions; None when nothing is in service.

    It is measured now, not remembered: models, prompt and load may have changed since it was judged. Only a version
    that is in service itself, say reindexed under its id, is compared with what it scored when it last passed.
    """
    found = served(cloudru, asked.stack_name)
    if found is None:
        return None
    if found.promoted.version_id == asked.version_id:
        earlier = [known for known in kept(asked.stack) if known.passed and known.version_id == asked.version_id]
        return next((known for known in earlier if known.comparable_with(new)), None)
    rival = replace(asked, base=found.base, version_id=found.promoted.version_id)
    return measure(cloudru, rival, questions, retrieval, measurement)


@step("judge")
def compare(stack: StackKey, new: Evaluation, serving: Evaluation | None, thresholds: Thresholds) -> Verdict:
    """Put both before the gate; keep the new figures, and show them beside the earlier ones."""
    verdict, earlier = gate(new, serving, thresholds), kept(stack)
    name = stack.name
    keep(stack, new, passed=verdict.passed)
    write_page(
        stack,
        "evaluation",
        markdown(new, serving, verdict, earlier),
        f"Evaluation of version {new.version_id} of {name}",
    )
    write_table(
        stack,
        "golden",
        question_table(new, serving),
        f"Golden questions to version {new.version_id} of {name}",
    )
    figures = ", ".join(f"{measure} {value:.3f}" for measure, value in measures(new).items())
    get_run_logger().info("%s: %s", new.version_id, figures)
    return verdict


def refusal(new: Evaluation, serving: Evaluation | None, verdict: Verdict) -> str:
    """Return in one line why the version did not pass, which questions got worse, and what stays in service."""
    said = [f"version {new.version_id} of {new.stack_name} did not pass: {'; '.join(verdict.reasons)}"]
    if verdict.worse_questions:
        named = "; ".join(str(question) for question in verdict.worse_questions[:NAMED])
        rest = len(verdict.worse_questions) - NAMED
        said.append(f"Worse questions: {named}{f'; and {rest} more' if rest > 0 else ''}")
    if serving is None:
        said.append("It was not promoted")
    elif serving.version_id == new.version_id:
        said.append("It is the version in service, indexed anew: bring back the documents, or roll back")
    else:
        said.append(f"It was not promoted, version {serving.version_id} stays in service")
    return ". ".join(said)
