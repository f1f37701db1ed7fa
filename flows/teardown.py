"""Delete a stack: what it names and nothing else."""

from prefect import flow

from domain.expected import refuse_vanished
from domain.reports.teardown import TeardownReport
from domain.stack import name_of
from flows.parameters import CloudRu, DeleteDocuments, LockWait, PlanOnly, Stack, in_order
from tasks.run.lock import LOCK_WAIT_S
from tasks.run.results import keep_result
from tasks.run.runs import stack_run
from tasks.run.steps import THREADS, wait_for_steps
from tasks.stack.kept_stack import find_stack
from tasks.upkeep.leaving import mark_leaving
from tasks.upkeep.sweep import known_stacks
from tasks.upkeep.teardown import (
    delete_bucket,
    delete_folder,
    delete_inference,
    delete_kept,
    delete_knowledge_base,
    delete_secret,
    delete_variable,
    report_teardown,
)
from tasks.upkeep.teardown_plan import plan_teardown


@in_order
@flow(name="teardown-rag", task_runner=THREADS)
def teardown_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    *,
    delete_documents: DeleteDocuments = False,
    plan_only: PlanOnly = False,
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> TeardownReport:
    """Delete what the stack names, in reverse order, and wait until each is gone; running it again goes on.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".
        delete_documents: Delete the stack's folder in the bucket too, and the bucket if nothing else is in it.
        plan_only: Say what would be deleted, and delete nothing.
        lock_wait_s: Seconds to wait for another run of this stack to end.

    """
    name = name_of(stack)
    with stack_run(cloud, name, lock_wait_s, changes=not plan_only) as cloudru:
        found = find_stack(cloudru, stack)
        plan = plan_teardown(cloudru, found, known_stacks(cloudru, wanted=True), delete_documents=delete_documents)
        if plan_only:
            planned = TeardownReport(cloud=cloud, plan=plan, resources=())
            return keep_result(found.stack.key(cloudru.project_id), "teardown", planned)

        marked = mark_leaving.submit(cloudru, name, plan.going)
        bases = [delete_knowledge_base.submit(cloudru, base, plan, wait_for=[marked]) for base in plan.knowledge_bases]
        runs = [delete_inference.submit(cloudru, run, wait_for=bases) for run in plan.inferences]
        secrets = [delete_secret.submit(cloudru, each, wait_for=runs or bases) for each in plan.secrets]
        documents = [delete_folder.submit(cloudru, plan, each, wait_for=secrets) for each in plan.places]
        buckets = [delete_bucket.submit(cloudru, each, wait_for=documents) for each in plan.buckets]
        variable = delete_variable.submit(cloudru, plan.variable, plan.stack, wait_for=buckets)

        kept = delete_kept.submit(cloudru, plan.kept, plan.stack, wait_for=[variable])

        steps = [*bases, *runs, *secrets, *documents, *buckets, variable, kept]
        result = report_teardown.submit(cloudru, cloud, plan, steps)
        wait_for_steps()
        refuse_vanished(plan.vanished)
        return result.result()
