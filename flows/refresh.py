"""Bring a stack's documents up to date, in a version that is judged before it serves."""

from prefect import flow

from domain.consent import Allowed
from domain.golden import expected_sources
from domain.judged_by import JudgingSpec
from domain.refresh import RefreshSpec
from domain.reports.refresh import RefreshReport
from domain.stack import name_of
from flows.parameters import (
    AllowEmpty,
    AllowManyDeletions,
    AllowOtherReading,
    CloudRu,
    DeleteMissing,
    Documents,
    Force,
    Golden,
    Limits,
    LockWait,
    Measurement,
    PlanOnly,
    PromoteRefused,
    Stack,
    in_order,
)
from flows.specs import StackPlan
from tasks.evaluation.golden import read_judged_by
from tasks.evaluation.judge import judge_and_promote
from tasks.refresh.changes import check_can_promote, look_for_changes
from tasks.refresh.plan import plan_refresh
from tasks.refresh.report import Refreshed, report_refresh
from tasks.refresh.sync import (
    ensure_version,
    find_inference,
    sync_documents,
    wait_for_version,
)
from tasks.run.approval import check_allowed
from tasks.run.asked_with import as_in_service
from tasks.run.lock import LOCK_WAIT_S
from tasks.run.results import keep_result
from tasks.run.runs import stack_run
from tasks.run.steps import THREADS, passed, wait_for_steps
from tasks.stack.inference import wait_for_inference
from tasks.stack.kept_stack import find_stack, keep_reading
from tasks.stack.storage import ensure_bucket


@in_order
@flow(name="refresh-rag", task_runner=THREADS)
def refresh_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    documents: Documents = None,
    *,
    plan_only: PlanOnly = False,
    delete_missing: DeleteMissing = False,
    force: Force = False,
    allow_empty: AllowEmpty = False,
    allow_many_deletions: AllowManyDeletions = False,
    allow_other_reading: AllowOtherReading = False,
    golden: Golden = None,
    measurement: Measurement = None,
    thresholds: Limits = None,
    promote_refused: PromoteRefused = "",
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> RefreshReport | StackPlan:
    """Make the knowledge base answer from the documents as they are now. When nothing changed, nothing is done.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
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
        golden: File or URL of golden questions that are asked beside the stack's own; without any the probe judges.
        measurement: How they are asked; of this and the stack's the stricter counts.
        thresholds: What the version must reach on them; of these and the stack's the stricter count.
        promote_refused: Id of a version to put in service although golden questions have refused it.
        lock_wait_s: Seconds to wait for another run of the stack to end.

    """
    with stack_run(cloud, name_of(stack), lock_wait_s) as cloudru:
        found = as_in_service(cloudru, find_stack(cloudru, stack))
        stack = found.stack
        base, models = stack.knowledge_base, stack.models
        by = read_judged_by(stack, JudgingSpec(golden, measurement, thresholds, promote_refused), found.kept)
        allowed = Allowed(empty=allow_empty, many_deletions=allow_many_deletions, other_reading=allow_other_reading)
        wanted = RefreshSpec(documents, delete_missing=delete_missing, force=force, allowed=allowed)
        changes = look_for_changes(cloudru, stack, wanted, by.questions)
        plan = plan_refresh(
            base.name, changes, expected_sources(by.questions, stack.probe), found.rows, promote_refused
        )
        if plan_only:
            return plan
        check_allowed(plan)
        if not changes.wanted:
            return keep_result(
                changes.stack, "refresh", found.named(report_refresh(cloudru, cloud, Refreshed(changes)))
            )
        check_can_promote(cloudru, stack, changes, by)

        bucket = ensure_bucket.submit(cloudru, stack.bucket)
        runs = [find_inference.submit(cloudru, model) for model in models]
        ready = [wait_for_inference.submit(cloudru, *pair) for pair in zip(models, runs, strict=True)]
        sent = sync_documents.submit(cloudru, changes.plan, ready, changes.serving.knowledgebase_version_id)
        if changes.empties:
            wait_for_steps()
            return keep_result(
                changes.stack, "refresh", found.named(report_refresh(cloudru, cloud, Refreshed(changes)))
            )

        ensured = ensure_version.submit(cloudru, bucket, changes, sent, ready[0])
        index = wait_for_version.submit(cloudru, passed(changes), ensured)
        wait_for_steps()
        models_ready = [model.result() for model in ready]
        promoted = judge_and_promote(cloudru, stack, index.result(), models_ready, by)
        if changes.reading:
            keep_reading(changes.stack, base)
        made = Refreshed(changes, ensured.result(), promoted)
        report = report_refresh.submit(cloudru, cloud, made, wait_for=[promoted]).result()
        return keep_result(changes.stack, "refresh", found.named(report))
