"""After a time without a worker, late runs of suspend-rag and resume-rag do not undo each other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.fleet_machines import running, worker
from local.prefect_api import FINAL_STATES
from tests.support.operated import Operated, entry, wait_for

pytestmark = pytest.mark.schedule
POOL = "late"
SUSPENDS, RESUMES = "suspend-rag/late", "resume-rag/late"
EVERY_S = 6
SKIPPED = "skipped: this run is late, and "


def due_every(seconds: int, offset_s: int) -> list[dict[str, Any]]:
    """Return a schedule that is on and begins at an offset."""
    anchor = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(seconds=offset_s)
    return [{"slug": "late", "interval": seconds, "anchor_date": anchor.isoformat(), "active": True}]


def skipped(project: Operated, name: str) -> list[dict[str, Any]]:
    """Return the runs of the deployment that were skipped."""
    return [run for run in project.runs(name, "Completed") if (run["state"]["message"] or "").startswith(SKIPPED)]


def test_a_late_run_that_was_overtaken_is_skipped(project: Operated) -> None:
    """It is Completed and says which run was due since; a run started by hand at that time is not."""
    project.api.ensure_work_pool(POOL)
    pool = {"work_pool": {"name": POOL}}
    project.write(
        entry("suspend_rag", "late", schedules=due_every(EVERY_S, 0), **pool),
        entry("resume_rag", "late", schedules=due_every(EVERY_S, EVERY_S // 2), **pool),
    )
    project.deploy()
    for name in (SUSPENDS, RESUMES):
        wait_for("late runs", lambda name=name: len(project.runs(name, "Late")) > 1)
    by_hand = project.api.start_run(project.api.deployment_id(SUSPENDS)).id
    with running(worker("late", project.machine.folder, project.machine.api_url, 2, pool=POOL)):
        found = wait_for("a run that was skipped", lambda: skipped(project, SUSPENDS) or skipped(project, RESUMES))
        wait_for("the end of the run by hand", lambda: project.api.flow_run(by_hand).state_type in FINAL_STATES)
        for name in (SUSPENDS, RESUMES):
            project.quieten(name)
    assert all(run["auto_scheduled"] for run in found)
    assert not project.api.flow_run(by_hand).message.startswith(SKIPPED)
