"""Judge a version: by golden questions beside the version in service, or by the probe; then it may go in service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from clouds.errors import ConfigurationError, WrongAnswerError
from domain.asked_version import AskedVersion, Served
from domain.evaluation import Evaluation
from domain.gate import gate, measures
from domain.in_service import AskedWith, Build
from domain.judged import Judgement, Refusal
from domain.judged_by import JudgedBy
from domain.keys import StackKey
from domain.models import ReadyModel
from domain.promotion import Candidate
from domain.reports.evaluation import Judged, refusal_text
from domain.stack import RagStack
from tasks.evaluation.measure import measure
from tasks.run.content import content_of
from tasks.run.evaluations import keep, kept, show_evaluation, show_questions
from tasks.run.events import version_refused
from tasks.run.judged_record import read_judged, write_judged
from tasks.run.service_record import InService, in_service
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.promotion import promote
from tasks.stack.query import built_version, verify
from tasks.stack.version import ChosenVersion, asked_version, served

NEXT_STEP = (
    "open the artifact evaluation-… of the run, which has every question that got worse or was missed; correct the "
    "documents, or the golden questions, and run refresh-rag again"
)


@step("judge", run_name="judge {asked.version_id}", **LOOK_FIRST)
def judge_version(
    cloudru: CloudRuCredentials,
    stack: RagStack,
    asked: AskedVersion,
    by: JudgedBy,
    *,
    remembers: bool,
) -> Judged:
    """Measure, compare, keep, show.

    `remembers` says that this run has the stack's lock: golden questions judge the stack from now on, and what the
    stack's own refuse stays refused.

    What is in service is measured now on the same questions, not remembered, unless it is this version itself.

    Raises:
        WrongAnswerError: it does not pass, and `by.promote_refused` names neither it nor a refused version of the same
            content; says which figures and which questions got worse, and what stays in service.

    """
    content = content_of(cloudru, stack, asked.version_id) if remembers else ""
    build = Build.of(cloudru.get_client().knowledge_bases.get_version(asked.version_id))
    found = served(cloudru, asked.stack_name)
    new = measure(cloudru, asked, by.questions, by.measurement)
    serving: Evaluation | None = None
    if rival := _rival(cloudru, stack, asked, found):
        serving = measure(cloudru, rival, by.questions, by.measurement)
    elif found is not None:
        serving = _when_it_passed(asked, new)
    judged = _compare(asked.stack, new, serving, by)
    overruled = read_judged(asked.stack).overruled_by(by.promote_refused, build, content)
    if remembers:
        _remember(asked, build, content, judged.judgement, is_refusal=by.stacks_own and not judged.judgement.passed)
    if not judged.judgement.passed and not overruled:
        serves = found is not None and found.promoted.version_id == asked.version_id
        reason = refusal_text(new, judged.verdict, _left(found, build, asked.asked_with))
        version_refused(asked.stack, new.version_id, reason, NEXT_STEP, serves=serves)
        raise WrongAnswerError(reason)
    return replace(judged, overruled=overruled)


def promote_judged(cloudru: CloudRuCredentials, candidate: Candidate, judged: Judged) -> InService:
    """Put the version in service; the page of its evaluation says it when a person has overruled the judge.

    Raises:
        NotPromotedError: as `promote`.

    """
    now = promote(cloudru, candidate, judged.judgement, candidate.version_id if judged.overruled else "")
    if now.overruled:
        show_evaluation(candidate.stack, judged, now.overruled)
    return now


def judge_and_promote(
    cloudru: CloudRuCredentials,
    stack: RagStack,
    index: IndexedKnowledgeBase,
    models: Sequence[ReadyModel],
    by: JudgedBy,
) -> InService:
    """Ask the version that was built the golden questions, or the probe when there are none; put it in service.

    Raises:
        WrongAnswerError: it does not pass, and is not put in service.
        NotPromotedError: it passes, and may not be put in service all the same.

    """
    _, reranker, llm = models
    asked = built_version(cloudru, stack, index, reranker, llm)
    if by.questions:
        after = [index, reranker, llm]
        judged = judge_version.submit(cloudru, stack, asked, by, remembers=True, wait_for=after).result()
        return promote_judged(cloudru, candidate(cloudru, stack, asked), judged)
    answer = verify(cloudru, stack, index, reranker, llm)
    found = candidate(cloudru, stack, asked)
    passes = Judgement(passed=True)
    return promote.submit(cloudru, found, passes, by.promote_refused, wait_for=[answer]).result()


@dataclass(frozen=True)
class JudgedStack:
    """What was brought up, as the gate into service takes it.

    `judged` is a judgement alone when the probe has judged, and None when it is in service already; `promote_refused`
    as in `JudgedBy`.
    """

    candidate: Candidate
    judged: Judged | Judgement | None
    promote_refused: str = ""


@step("judge-stack", **LOOK_FIRST)
def judge_stack(
    cloudru: CloudRuCredentials,
    stack: RagStack,
    by: JudgedBy,
    index: IndexedKnowledgeBase,
    querying: Sequence[ReadyModel],
) -> JudgedStack:
    """Judge what was brought up by golden questions, or by the probe that it has answered; raises as `judge_version`.

    `querying` are reranker and LLM. It comes after the probe, which is cheaper.

    What is in service as it is, asked as the stack wants, is not judged again.
    """
    reranker, llm = querying
    asked = built_version(cloudru, stack, index, reranker, llm)
    serving = in_service(asked.stack)
    if serving is not None and serving.serves(asked.base.knowledgebase_id, index.version, asked.asked_with):
        judged = None
    elif by.questions:
        judged = judge_version.fn(cloudru, stack, asked, by, remembers=True)
    else:
        judged = Judgement(passed=True)
    return JudgedStack(candidate(cloudru, stack, asked), judged, by.promote_refused)


def candidate(cloudru: CloudRuCredentials, stack: RagStack, asked: AskedVersion) -> Candidate:
    """Return the version as the gate into service takes it."""
    return Candidate(
        stack=asked.stack,
        knowledge_base_id=asked.base.knowledgebase_id,
        version_id=asked.version_id,
        content=content_of(cloudru, stack, asked.version_id),
        asked_with=asked.asked_with,
    )


def _rival(
    cloudru: CloudRuCredentials, stack: RagStack, asked: AskedVersion, found: Served | None
) -> AskedVersion | None:
    """Return the version in service, with the models and settings that it serves with; None: it is not another one."""
    if found is None or _is_in_service(asked, found):
        return None
    recorded = found.promoted.asked_with
    if recorded is not None:
        try:
            chosen = ChosenVersion(found.base, found.promoted.version_id, "in service")
            return asked_version(cloudru, stack, chosen, recorded)
        except ConfigurationError as error:  # it cannot answer as it did: it is compared with the models of the new one
            get_run_logger().warning("The version in service is measured with the models of the new one: %s", error)
    return replace(asked, base=found.base, version_id=found.promoted.version_id)


def _is_in_service(asked: AskedVersion, found: Served) -> bool:
    """Say whether a version is the one in service, say reindexed under its id, asked as it is asked there."""
    return found.promoted.version_id == asked.version_id and found.promoted.asked_with in (None, asked.asked_with)


def _when_it_passed(asked: AskedVersion, new: Evaluation) -> Evaluation | None:
    """Return what the version scored on the same questions when it last passed."""
    passed = (known for known in kept(asked.stack) if known.passed and known.version_id == asked.version_id)
    return next((known for known in passed if known.comparable_with(new)), None)


def _compare(stack: StackKey, new: Evaluation, serving: Evaluation | None, by: JudgedBy) -> Judged:
    """Put both before the gate; keep the new figures, and show them beside the earlier ones."""
    verdict, earlier = gate(new, serving, by.thresholds), kept(stack)
    judgement = Judgement(passed=verdict.passed, standard=by.standard, scores=measures(new), reasons=verdict.reasons)
    judged = Judged(judgement, new, serving, verdict, earlier)
    keep(stack, new, verdict)
    show_evaluation(stack, judged)
    show_questions(stack, new, serving)
    figures = ", ".join(f"{measure} {value:.3f}" for measure, value in measures(new).items())
    get_run_logger().info("%s: %s", new.version_id, figures)
    return judged


def _left(found: Served | None, build: Build, asked_with: AskedWith) -> str:
    """Return what is in service after a refusal, and what to do when that is what was refused."""
    if found is None:
        return "It was not promoted"
    now = found.promoted
    if now.version_id != build.version_id:
        return f"It was not promoted, version {now.version_id} stays in service"
    if now.judged != build:
        return "It is the version in service, indexed anew: bring back the documents, or roll back"
    if now.asked_with not in (None, asked_with):
        return "It was not promoted as it was asked here: it stays in service as it was asked before"
    return "It is the version in service and stays so: correct the documents, or roll back"


def _remember(asked: AskedVersion, build: Build, content: str, judgement: Judgement, *, is_refusal: bool) -> None:
    now, refusal = datetime.now(UTC), None
    if is_refusal and judgement.standard is not None:
        refusal = Refusal(build=build, content=content, standard=judgement.standard, refused_at=now)
    before = read_judged(asked.stack)
    after = before.after_golden(now, refusal)
    if after != before:
        write_judged(asked.stack, after)
