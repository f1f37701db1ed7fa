"""A run whose process has died does not stay under way: an automation ends it, or the next run that takes its lock."""

import time

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Pending, Running

from domain.keys import StackKey
from flows.refresh import refresh_rag
from sandbox.settings import PROJECT_ID
from tasks.run import lost_runs
from tasks.run.lost_runs import end_lost_runs
from tests.postgres.dead_runs import NOBODY, automations, dead_run, send_heartbeat
from tests.postgres.fleet import Fleet
from tests.support.operated import wait_for

pytestmark = pytest.mark.postgres


@pytest.mark.timeout(300)
def test_an_automation_ends_a_run_that_falls_silent(running_fleet: Fleet) -> None:
    """One has sent a heartbeat and no other, one was taken by a worker and has never begun: both become Crashed."""
    running_fleet.api.ensure_work_pool(NOBODY)
    with automations(running_fleet.http, within_s=10):
        silent, never_begun = dead_run(Running()), dead_run(Pending())
        send_heartbeat(running_fleet.http, silent)

        def both_have_crashed() -> bool:
            return {running_fleet.api.flow_run(run).state_type for run in (silent, never_begun)} == {"CRASHED"}

        wait_for("both have crashed", both_have_crashed)


@pytest.mark.timeout(300)
def test_a_heartbeat_is_a_sign_of_life(running_fleet: Fleet) -> None:
    """Of two runs that have held the lock and are Running equally long only that one is ended which is silent since."""
    running_fleet.api.ensure_work_pool(NOBODY)
    dead, alive = dead_run(Running(), "lock"), dead_run(Running(), "lock")
    between_s = time.time() + 1
    wait_for("a second has passed", lambda: time.time() > between_s + 1)
    send_heartbeat(running_fleet.http, alive)
    with get_client(sync_client=True) as client:
        assert end_lost_runs(client, "lock") == []
        assert [str(run.id) for run in end_lost_runs(client, "lock", time.time() - between_s)] == [dead]
    running_fleet.api.mark_cancelled(alive)


@pytest.mark.timeout(300)
def test_the_next_run_ends_the_lost_one_of_its_lock(running_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that waits for its pod, one of another stack and one that has never held a lock are not declared dead."""
    running_fleet.api.ensure_work_pool(NOBODY)
    lock, other = (StackKey(PROJECT_ID, stack.knowledge_base.name).limit for stack in running_fleet.stacks[:2])
    dead = dead_run(Running(), lock)
    others = [dead_run(Pending(), lock), dead_run(Running(), other), dead_run(Running())]
    monkeypatch.setattr(lost_runs, "LOST_AFTER_S", 0.0)
    monkeypatch.setattr(lost_runs, "HEARTBEATS", 0)
    refresh_rag(running_fleet.stacks[0], plan_only=True)
    assert running_fleet.api.flow_run(dead).state_type == "CRASHED"
    assert "no sign of life" in running_fleet.api.flow_run(dead).message
    assert {running_fleet.api.flow_run(run).state_type for run in others} == {"PENDING", "RUNNING"}
    for run in others:
        running_fleet.api.mark_cancelled(run)
