"""Bring a stack's documents up to date, in a version that is judged before it serves."""

from prefect import flow

from domain.consent import Allowed
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.parameters import (
    AllowEmpty,
    AllowManyDeletions,
    AllowOtherReading,
    CloudRu,
    DeleteMissing,
    Documents,
    Force,
    GoldenOrProbe,
    Limits,
    LockWait,
    Measurement,
    PlanOnly,
    Stack,
)
from flows.specs import RagStack, StackPlan
from tasks.approval import check_allowed
from tasks.changes import look_for_changes
from tasks.credentials import cloud_credentials
from tasks.evaluation import check_measurement
from tasks.golden import expected_sources, read_golden
from tasks.inference import wait_for_inference
from tasks.kept_stack import keep_reading
from tasks.lock import LOCK_WAIT_S, stack_lock
from tasks.refresh import (
    ensure_version,
    find_inference,
    hold_in_service,
    judge_and_promote,
    sync_documents,
    wait_for_version,
)
from tasks.refresh_plan import plan_refresh
from tasks.refresh_report import RefreshReport, report_refresh
from tasks.steps import THREADS, finish, recorded_steps
from tasks.storage import ensure_bucket


@flow(name="refresh-rag", task_runner=THREADS)
def refresh_rag(
    stack: Stack = RagStack(),  # noqa: B008  # frozen
    cloud: CloudRu = "sandbox",
    documents: Documents = None,
    *,
    plan_only: PlanOnly = False,
    delete_missing: DeleteMissing = False,
    force: Force = False,
    allow_empty: AllowEmpty = False,
    allow_many_deletions: AllowManyDeletions = False,
    allow_other_reading: AllowOtherReading = False,
    golden: GoldenOrProbe = None,
    measurement: Measurement = EvaluationSpec(),  # noqa: B008  # frozen
    thresholds: Limits = Thresholds(),  # noqa: B008  # frozen
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> RefreshReport | StackPlan:
    """Make the knowledge base answer from the documents as they are now. When nothing changed, nothing is done.

    Args:
        stack: The stack as it was provisioned.
        cloud: Name of the block "Cloud.ru Credentials".
        documents: Files, folders, glob patterns or fsspec URLs; left out: the stack's own.
        plan_only: Say what would be done, change nothing, and return the plan.
        delete_missing: Delete from the bucket's folder what is not among the documents.
        force: Build a version even when nothing changed, and try documents again that could not be read.
        allow_empty: Let a folder or pattern among the documents hold none; with delete_missing its documents are
            deleted.
        allow_many_deletions: Let delete_missing delete more than five documents and more than a fifth of the
            folder.
        allow_other_reading: Let the version read less of the documents, or otherwise, than the one in service: other
            extensions, extractors or splitters.
        golden: File or URL of golden questions that judge the version; left out: the stack's probe judges it.
        measurement: How the golden questions are asked and measured.
        thresholds: What the version must reach on the golden questions.
        lock_wait_s: Seconds to wait for another run of the stack to end.

    """
    base, models = stack.knowledge_base, (stack.embedder, stack.reranker, stack.llm)
    with recorded_steps(), cloud_credentials(cloud) as cloudru, stack_lock(cloudru, base.name, lock_wait_s):
        questions = read_golden(golden) if golden else ()
        check_measurement(measurement, stack.retrieval)
        changes = look_for_changes(
            cloudru,
            stack,
            documents,
            delete_missing=delete_missing,
            allowed=Allowed(empty=allow_empty, many_deletions=allow_many_deletions, other_reading=allow_other_reading),
            force=force,
            questions=questions,
        )
        plan = plan_refresh(base.name, changes, expected_sources(questions, stack.probe))
        if plan_only:
            return plan
        check_allowed(plan)
        if not changes.wanted:
            return report_refresh(cloud, base.name, changes, None, None)

        bucket = ensure_bucket.submit(cloudru, stack.bucket)
        runs = [find_inference.submit(cloudru, model) for model in models]
        ready = [wait_for_inference.submit(cloudru, *pair) for pair in zip(models, runs, strict=True)]
        serving = hold_in_service.submit(changes)
        sent = sync_documents.submit(cloudru, changes.plan, ready, serving)
        if changes.empties:
            finish([bucket, *runs, *ready, serving, sent])
            return report_refresh(cloud, base.name, changes, None, None)

        ensured = ensure_version.submit(cloudru, base, bucket, changes, sent, ready[0])
        index = wait_for_version.submit(cloudru, base, changes, ensured)
        finish([bucket, *runs, *ready, serving, sent, ensured, index])
        promoted = judge_and_promote(
            cloudru,
            index.result(),
            [model.result() for model in ready],
            base.name,
            probe=stack.probe,
            questions=questions,
            retrieval=stack.retrieval,
            measurement=measurement,
            thresholds=thresholds,
        )
        if changes.reading:
            keep_reading(changes.stack, base)
        return report_refresh(cloud, base.name, changes, ensured.result(), promoted)
