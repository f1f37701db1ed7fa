"""Many refreshes of ten stacks at once on two workers; a worker and the server lose their power meanwhile."""

import time

import pytest
from prefect.client.orchestration import get_client

from bench import fleet_stacks
from bench.fleet_machines import POOL, wait_until_healthy
from bench.fleet_stacks import DELIVERY, FINAL_STATES, HOURS
from domain.keys import StackKey
from sandbox.settings import PROJECT_ID
from tasks.run.lost_runs import end_lost_runs
from tests.postgres.fleet import PLACES, Fleet
from tests.support.operated import wait_for

pytestmark = pytest.mark.postgres
RUNS = 50
WITHIN_S = 600.0
SILENT_S = 80.0
"""Two heartbeats of the workers here, and a server's restart."""


@pytest.mark.timeout(900)
def test_every_stack_converges(running_fleet: Fleet) -> None:
    """Each stack has its documents once and in service, every run has ended, no lock is left.

    What the dead worker had at work ends as crashed when its lock is taken again, and so does a run that begins while
    the server is away: its process cannot ask what to do. Its runs that held no lock are left to the automations. Every
    other run is completed, also those that were at work then.
    """
    fleet = running_fleet
    deployment = fleet_stacks.deploy(POOL)
    for stack in fleet.stacks:
        fleet_stacks.write(stack, hours=HOURS, delivery=DELIVERY)
    fleet.sandbox.set(knowledge_base_spans={"indexing": {"seconds": 5}})
    for number in range(RUNS):
        fleet.api.start_run(deployment, fleet_stacks.parameters(fleet.stacks[number % len(fleet.stacks)]))

    dying = fleet.workers[0]
    wait_for("runs of the worker are in the middle of their work", lambda: len(fleet.at_work(dying)) > 1)
    dying.kill()
    killed_s = time.monotonic()
    wait_for("a run has ended", lambda: "COMPLETED" in fleet.states(deployment).values())
    fleet.server.kill()
    fleet.server.start()
    wait_until_healthy(fleet.server, fleet.api)

    def at_most_the_dead_are_left() -> bool:
        under_way = [state for state in fleet.states(deployment).values() if state not in FINAL_STATES]
        return len(under_way) <= PLACES and set(under_way) <= {"RUNNING", "PENDING"} and not fleet.workers[1].runs()

    wait_for("the living runs have ended", at_most_the_dead_are_left, WITHIN_S)
    wait_for("the dead have been silent for a while", lambda: time.monotonic() > killed_s + SILENT_S)
    locks = [StackKey(PROJECT_ID, stack.knowledge_base.name).limit for stack in fleet.stacks]
    with get_client(sync_client=True) as client:
        lost = {str(run.id) for limit in locks for run in end_lost_runs(client, limit, SILENT_S)}
    states = fleet.states(deployment)
    for run in [run for run, state in states.items() if state in ("RUNNING", "PENDING")]:
        states.pop(run)
        fleet.api.mark_cancelled(run)
    assert len(states) >= RUNS - PLACES
    assert lost & states.keys()
    assert {states[run] for run in lost & states.keys()} == {"CRASHED"}
    assert set(states.values()) == {"COMPLETED", "CRASHED"}
    assert list(states.values()).count("CRASHED") <= 2 * PLACES
    for stack in fleet.stacks:
        fleet.check_stack(stack, "delivery", "hours", versions=2)
    fleet.check_project()
    wait_for("no lock is left", lambda: not any(fleet.locks().values()))
