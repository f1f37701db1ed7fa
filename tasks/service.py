"""From verified to in service: the version that has answered, and the end of the base that it replaces."""

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from domain.keys import StackKey
from tasks.plan import StackPlan
from tasks.promotion import InService, in_service, promote
from tasks.query import Answer
from tasks.steps import LOOK_FIRST, left_of, step

GONE_WITHIN_S = 600.0


@step("put-in-service", **LOOK_FIRST)
def put_in_service(
    cloudru: CloudRuCredentials,
    plan: StackPlan,
    index: IndexedKnowledgeBase,
    answer: Answer,  # noqa: ARG001  # the proof comes before
) -> InService:
    """Put the version in service that has answered the probe, and delete the bases that the plan says it replaces."""
    base_id, version_id = index.knowledge_base.knowledgebase_id, index.version.knowledgebase_version_id
    serving = in_service(StackKey(cloudru.project_id, plan.stack))
    if serving is None or (serving.knowledge_base_id, serving.version_id) != (base_id, version_id):
        serving = promote(cloudru, plan.stack, base_id, version_id, None)
    bases = cloudru.get_client().knowledge_bases
    for row in plan.replaced:
        bases.delete(row.id)
        bases.wait_gone(row.id, deadline_s=left_of(GONE_WITHIN_S))
        get_run_logger().info("Deleted %s (%s): %s answers in its place", row.name, row.id, index.knowledge_base.name)
    return serving
