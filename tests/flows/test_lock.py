"""A run that has lost the lock of its stack takes it again, or begins nothing more."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from blocks.cloudru import CloudRuCredentials
from tasks.run import lock
from tasks.run.credentials import cloud_credentials
from tasks.run.lock import StackLockedError, stack_lock
from tasks.run.steps import StepLog, recorded_steps, step
from tests.support.stacks import Cloud

SOON_S = 20.0


class Leases:
    """What the lock was granted; before its second try something may happen."""

    def __init__(self, patch: pytest.MonkeyPatch, before_second: Callable[[], Any] = lambda: None) -> None:
        self.granted: list[UUID | None] = []
        granted = lock._granted

        def granting(client: Any, place: Any) -> UUID | None:
            if self.granted:
                before_second()
            self.granted.append(granted(client, place))
            return self.granted[-1]

        patch.setattr(lock, "_granted", granting)
        patch.setattr(lock, "RENEWED_EVERY_S", 0.05)

    def revoke(self) -> None:
        """Give the slot up, as the server does when a process has slept past its lease."""
        assert self.granted[0] is not None
        with get_client(sync_client=True) as client:
            client.release_concurrency_slots_with_lease(self.granted[0])


@step("work")
def work() -> str:
    """Do something."""
    return "done"


def held(cloudru: CloudRuCredentials, name: str, inside: Callable[[StepLog], None]) -> str:
    """Run a flow that does something inside the lock, and then a step."""

    @flow
    def worker() -> str:
        with recorded_steps() as log, stack_lock(cloudru, name):
            inside(log)
            return work()

    return worker()


def test_a_slot_that_the_server_gave_up_is_taken_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else wanted it: the run goes on, and nobody else gets it meanwhile."""
    stack = cloud.key(cloud.stack())
    leases = Leases(monkeypatch)

    def slots() -> int:
        with get_client(sync_client=True) as client:
            return client.read_global_concurrency_limit_by_name(stack.limit).active_slots

    def lose(log: StepLog) -> None:
        leases.revoke()
        assert not log.ending.wait(1)
        assert slots() == 1

    with cloud_credentials(cloud.name) as cloudru:
        assert held(cloudru, stack.name, lose) == "done"
    assert len(leases.granted) == 2
    assert slots() == 0


def test_a_slot_that_is_another_runs_ends_this_one(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other step begins, and the line says why."""
    stack = cloud.key(cloud.stack())

    def take() -> None:
        with get_client(sync_client=True) as client:
            client.increment_concurrency_slots_with_lease([stack.limit], 1, "concurrency", 60, None)

    leases = Leases(monkeypatch, take)

    def lose(log: StepLog) -> None:
        leases.revoke()
        assert log.ending.wait(SOON_S)

    with cloud_credentials(cloud.name) as cloudru, pytest.raises(StackLockedError, match="lost and is another run's"):
        held(cloudru, stack.name, lose)
    assert leases.granted[1:] == [None]


def test_a_lock_that_somebody_deleted_is_made_again(cloud: Cloud) -> None:
    """As the message says to. Whoever waits meanwhile is not let in together: the first one gets it."""
    place = lock._Place("the stack", f"deleted-{cloud.stack().bucket}")
    with get_client(sync_client=True) as client:
        lock._ensure_limit(client, place)
        client.delete_global_concurrency_limit_by_name(place.limit)
        granted = [lock._granted(client, place) for _ in range(2)]
    assert granted[0] is not None
    assert granted[1] is None
