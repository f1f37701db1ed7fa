"""From judged to in service: the version that has passed, and the end of the base that it replaces."""

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from domain.in_service import InService
from domain.plan import StackPlan
from domain.reports.evaluation import Judged
from tasks.evaluation.judge import JudgedStack, promote_judged
from tasks.run.service_record import in_service, write_in_service
from tasks.run.steps import LOOK_FIRST, left_of, step
from tasks.stack.promotion import NotPromotedError, promote

GONE_WITHIN_S = 600.0


@step("put-in-service", **LOOK_FIRST)
def put_in_service(
    cloudru: CloudRuCredentials,
    plan: StackPlan,
    index: IndexedKnowledgeBase,
    judged: JudgedStack,
) -> InService:
    """Put the version in service that has passed, and delete the bases that the plan says it replaces.

    What is in service already stays so; what it is asked with is written down if an earlier release has not.
    """
    candidate = judged.candidate
    serving = in_service(candidate.stack)
    if isinstance(judged.judged, Judged):
        serving = promote_judged(cloudru, candidate, judged.judged)
    elif judged.judged is not None:
        serving = promote(cloudru, candidate, judged.judged, judged.promote_refused)
    elif serving is None:
        raise NotPromotedError(f"what is in service of {candidate.stack.name} was forgotten meanwhile: run again")
    elif serving.asked_with is None:
        serving = serving.model_copy(update={"asked_with": candidate.asked_with})
        write_in_service(candidate.stack, serving)
    bases = cloudru.get_client().knowledge_bases
    for row in plan.replaced:
        bases.delete(row.id)
        bases.wait_gone(row.id, deadline_s=left_of(GONE_WITHIN_S))
        get_run_logger().info("Deleted %s (%s): %s answers in its place", row.name, row.id, index.knowledge_base.name)
    return serving
