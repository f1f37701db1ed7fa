"""What is scheduled runs: by a real server and a real worker, late without one, never two at once on one stack."""

import pytest

from flows.specs import RagStack
from tests.schedule.often import LOOKS, SUSPENDS, entries
from tests.support.operated import Operated, wait_for

pytestmark = pytest.mark.schedule
HELD_BACK = f"Another run of the stack {RagStack().knowledge_base.name} is at work; waiting"


def test_a_run_without_a_worker_is_late_and_begins_when_there_is_one(project: Operated) -> None:
    """The schedule makes runs by itself; the late one is done too, and those after it."""
    late = wait_for("a late run", lambda: project.runs(LOOKS, "Late"))[0]
    assert late["auto_scheduled"]
    project.start_worker()
    done = wait_for("two runs that are done", lambda: (found := project.runs(LOOKS, "Completed"))[1:] and found)
    assert all(run["auto_scheduled"] for run in done)
    wait_for("the late run", lambda: project.api.flow_run(late["id"]).state_type == "COMPLETED")


def test_a_schedule_stays_as_it_was_switched(project: Operated) -> None:
    """A paused one makes no runs, and the next `make deploy` neither switches it on nor the other one off."""
    project.quieten(LOOKS)
    project.switch(SUSPENDS, active=True)
    project.write(*entries("changed since"))
    printed = project.deploy()
    assert "schedule often: off on the server, stays so" in printed
    assert "schedule often: on on the server, stays so" in printed
    for name, active in ((LOOKS, False), (SUSPENDS, True)):
        found = project.deployment(name)
        assert found["description"] == "changed since"
        assert [schedule["active"] for schedule in found["schedules"]] == [active]
    assert wait_for("the scheduler's next round", lambda: project.runs(SUSPENDS, "Scheduled", "Late", "Pending"))
    assert project.runs(LOOKS, "Scheduled") == []


def test_a_run_that_overlaps_is_held_back(project: Operated) -> None:
    """The second run of the stack waits until the first has ended, and says so; both end well."""
    project.start_worker()
    for name in (LOOKS, SUSPENDS):
        project.quieten(name)
    done = len(project.runs(SUSPENDS, "Completed"))
    project.sandbox.fault(r"/modelruns$", method="GET", hold=True)
    project.sandbox.control.delete("/requests").raise_for_status()

    project.switch(SUSPENDS, active=True)
    project.sandbox.wait_until_held()
    first, second = wait_for("two runs", lambda: (found := project.runs(SUSPENDS, "Running"))[1:] and found)
    waits = [second["id"], first["id"]]
    held_back = wait_for("a run that waits", lambda: [each for each in waits if _waits(project, each)])
    project.switch(SUSPENDS, active=False)
    assert len(held_back) == 1
    answered = [request["path"] for request in project.sandbox.requests() if request["path"].endswith("/modelruns")]
    assert answered == [], "the second run has looked for inferences while the first was at work"
    project.sandbox.release_held()
    for run in (first, second):
        ended = wait_for("its end", lambda run=run: _ended(project, run["id"]))
        assert ended == "COMPLETED", project.log(run["id"])
    assert len(project.runs(SUSPENDS, "Completed")) >= done + 2


def _waits(project: Operated, run_id: str) -> bool:
    return any(line.startswith(HELD_BACK) for line in project.log(run_id))


def _ended(project: Operated, run_id: str) -> str | None:
    state = project.api.flow_run(run_id).state_type
    return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None
