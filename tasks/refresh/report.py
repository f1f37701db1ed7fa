"""What a refresh did: the flow's result, and the same as an artifact for the UI."""

from dataclasses import dataclass

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import EnsuredKnowledgeBase
from domain.file_kinds import passed_over
from domain.in_service import InService
from domain.reports.refresh import RefreshReport, markdown
from domain.reports.stack import StepReport
from tasks.refresh.changes import Changes
from tasks.run.artifacts import write_page
from tasks.run.quarantine import read_registry
from tasks.run.service_record import in_service
from tasks.run.steps import recorded, step


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found, and the version that it made of it; without that none was built."""

    changes: Changes
    ensured: EnsuredKnowledgeBase | None = None
    promoted: InService | None = None


@step("report-refresh")
def report_refresh(cloudru: CloudRuCredentials, cloud: str, refreshed: Refreshed) -> RefreshReport:
    """Write the artifact and return the flow's result."""
    changes, promoted = refreshed.changes, refreshed.promoted
    plan, steps, serving = changes.plan, StepReport.of(recorded()), promoted or in_service(changes.stack)
    storage = cloudru.get_client().storage
    result = RefreshReport(
        cloud=cloud,
        knowledge_base=changes.spec.name,
        outcome="refreshed" if promoted else "emptied" if changes.wanted else "unchanged",
        new=plan.new,
        changed=plan.changed,
        deleted=plan.missing,
        same=len(plan.same),
        equal=storage.equal_documents(plan.bucket, plan.folder) if changes.wanted else (),
        unreadable=tuple(name for document in read_registry(changes.stack).values() for name in document.names),
        version_id=promoted.version_id if promoted else changes.serving.knowledgebase_version_id,
        previous_version_id=promoted.previous_version_id if promoted else None,
        scores=promoted.scores if promoted else None,
        steps=steps,
        duration_s=round((steps[-1].ended_at - steps[0].started_at).total_seconds(), 3),
        overruled=serving.overruled if serving else "",
        passed_over=passed_over(changes.passed_over) if changes.passed_over else "",
    )
    write_page(changes.stack, "refresh", markdown(result, refreshed.ensured), f"Refresh of {changes.spec.name}")
    return result
