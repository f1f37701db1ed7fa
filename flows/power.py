"""What a stack costs, and how it costs less: status, suspend, resume, sweep."""

from prefect import flow

from domain.expected import refuse_vanished, vanished
from domain.reports.power import PowerReport
from domain.reports.status import StatusReport
from domain.reports.sweep import SweepReport
from domain.stack import name_of
from flows.parameters import ClaimedNames, CloudRu, DeleteNames, LockWait, Stack, SuspendShared, WarnAbove, in_order
from flows.specs import RagStack
from tasks.run.lock import LOCK_WAIT_S
from tasks.run.results import keep_result
from tasks.run.runs import cloud_run, stack_run
from tasks.run.steps import THREADS, wait_for_steps
from tasks.stack.kept_stack import find_stack
from tasks.upkeep.drift import find_drift
from tasks.upkeep.expected import find_expected
from tasks.upkeep.late_runs import skipped_when_late
from tasks.upkeep.power import find_inferences, report_power, resume_inference, suspend_inference
from tasks.upkeep.status import (
    look_at_bucket,
    look_at_inferences,
    look_at_knowledge_base,
    look_at_secret,
    report_status,
    warn_above,
)
from tasks.upkeep.sweep import (
    claims_of,
    delete_endpoint,
    expecting,
    find_unclaimed,
    known_stacks,
    report_sweep,
    stacks_of,
)


@in_order
@flow(name="status-rag", task_runner=THREADS)
def status_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    warn_above_rub_per_hour: WarnAbove = None,
) -> StatusReport:
    """Say of every resource of the stack whether it is there, its state, its age and its price. Changes nothing.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".
        warn_above_rub_per_hour: Emit the event `rag.price.exceeded` when the stack costs more than this now.

    """
    with cloud_run(cloud) as cloudru:
        found = find_stack(cloudru, stack, reads="wanted")
        stack, name = found.stack, found.name
        looks = [
            look_at_bucket.submit(cloudru, stack.bucket, stack.folder),
            look_at_secret.submit(cloudru, stack.token_secret),
            look_at_inferences.submit(cloudru, stack.models, found.others, found.kept.replaced if found.kept else ()),
            look_at_knowledge_base.submit(cloudru, stack),
        ]
        drift = find_drift.submit(cloudru, found)
        result = report_status.submit(cloudru, name, cloud, looks, drift)
        wait_for_steps()
        warn_above(cloudru, result.result(), warn_above_rub_per_hour)
        return keep_result(stack.key(cloudru.project_id), "status", found.named(result.result()))


@in_order
@flow(name="suspend-rag", task_runner=THREADS)
def suspend_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    *,
    suspend_shared: SuspendShared = False,
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> PowerReport:
    """Suspend the stack's inferences and wait until they are: they cost nothing until they are resumed.

    One that another stack uses, or that is not this stack's, stays as it is, and the report names it. A
    scheduled run that begins after a scheduled resume-rag of the same stack was due is skipped.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".
        suspend_shared: Suspend models too that another stack uses: it does not answer until they are resumed.
        lock_wait_s: Seconds to wait for another run of this stack to end.

    """
    if late := skipped_when_late():
        return late
    with stack_run(cloud, name_of(stack), lock_wait_s) as cloudru:
        if late := skipped_when_late():  # the lock may have been waited for
            return late
        found = find_stack(cloudru, stack)
        runs = find_inferences(cloudru, found, known_stacks(cloudru, wanted=True), all_needed=False)
        changes = [suspend_inference.submit(cloudru, each, suspend_shared=suspend_shared) for each in runs]
        result = report_power.submit(cloudru, found.name, cloud, changes)
        wait_for_steps()
        return keep_result(found.stack.key(cloudru.project_id), "power", found.named(result.result()))


@in_order
@flow(name="resume-rag", task_runner=THREADS)
def resume_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> PowerReport:
    """Resume the stack's inferences and wait until each answers again.

    A scheduled run that begins after a scheduled suspend-rag of the same stack was due is skipped.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".
        lock_wait_s: Seconds to wait for another run of this stack to end.

    """
    if late := skipped_when_late():
        return late
    with stack_run(cloud, name_of(stack), lock_wait_s) as cloudru:
        if late := skipped_when_late():  # the lock may have been waited for
            return late
        found = find_stack(cloudru, stack)
        runs = find_inferences(cloudru, found, known_stacks(cloudru, wanted=True), all_needed=True)
        changes = [resume_inference.submit(cloudru, each) for each in runs]
        result = report_power.submit(cloudru, found.name, cloud, changes)
        wait_for_steps()
        return keep_result(found.stack.key(cloudru.project_id), "power", found.named(result.result()))


@in_order
@flow(name="sweep-rag", task_runner=THREADS)
def sweep_rag(
    cloud: CloudRu = "sandbox", claimed_names: ClaimedNames = (), delete_names: DeleteNames = ()
) -> SweepReport:
    """List the endpoints of the project that no stack claims, and delete those that are named; list what stacks expect.

    Claimed is what a stack that is kept for the project names, wanted or provisioned, what a deployment of
    `provision-rag` names in its parameters, what a knowledge base was built with, and what is named here.
    Expected are bucket, token secret, models and knowledge bases of each stack. When something that was put in service
    has vanished, nothing is deleted and the run fails.

    Args:
        cloud: Name of the block "Cloud.ru Credentials".
        claimed_names: Names of inferences that are in use although no deployment names them.
        delete_names: Exact names of the endpoints to delete; left out: nothing is deleted.

    """
    with cloud_run(cloud) as cloudru:
        deployed, kept = stacks_of("provision-rag", RagStack), known_stacks(cloudru, wanted=True)
        claims = claims_of(deployed | kept, claimed_names)
        expected = find_expected(cloudru, expecting(cloudru))
        missing = vanished(expected)
        endpoints = find_unclaimed(cloudru, claims, delete_names)
        doomed = [each for each in endpoints.unclaimed if each.name in delete_names and not missing]
        deleted = [delete_endpoint.submit(cloudru, endpoint) for endpoint in doomed]
        result = report_sweep.submit(cloudru, cloud, endpoints, deleted, expected)
        wait_for_steps()
        refuse_vanished(missing)
        return result.result()
