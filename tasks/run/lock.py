"""One run at a time for each stack or tuning: two could each look for a resource, find none, and pay for it twice.

The lock is a slot of a global concurrency limit on the Prefect server. A run holds it by a lease that it renews; when
its process dies without a word the lease runs out, and the server gives the slot up at its next look for such leases.
Prefect's own context manager `concurrency` does the same, and logs a traceback whenever the slot is another's.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.logging import get_logger
from prefect.runtime import flow_run

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.errors import CloudError
from domain.keys import StackKey, TuningKey
from tasks.run.lost_runs import end_lost_runs, note_holder
from tasks.run.steps import begin_no_step, end_steps, is_prefect_away

LEASE_S = 60
"""The shortest lease that Prefect grants."""
RENEWED_EVERY_S = LEASE_S / 3
FREED_WITHIN_S = LEASE_S + 15
"""How long a killed run holds the lock at most: its lease, and Prefect's 15 s between two looks for expired ones."""
LOCK_WAIT_S = 120
"""Long enough to go on after a run that was killed."""
LOOK_EVERY_S = 2.0
LOCKED, GONE = 423, 410


class StackLockedError(CloudError):
    """Another run of the stack, or of the tuning, is at work."""


@dataclass(frozen=True)
class _Place:
    """What only one run at a time may work on: in words, and as the global concurrency limit."""

    subject: str
    limit: str


@dataclass
class _Lease:
    """The slot is held by `id`; `lost` when it is another run's."""

    id: UUID
    lost: bool = False


@dataclass(frozen=True)
class Lock:
    """A lock that is held. Inside `released()` it is not, so that others go on while this run waits for a person."""

    released: Callable[[], AbstractContextManager[None]]


def stack_lock(
    cloudru: CloudRuCredentials, stack_name: str, wait_s: float = LOCK_WAIT_S
) -> AbstractContextManager[Lock]:
    """Hold the stack's lock inside the block.

    Raises:
        StackLockedError: another run holds it, and still did after `wait_s`, or has taken it meanwhile.

    """
    return _lock(_Place(f"the stack {stack_name}", StackKey(cloudru.project_id, stack_name).limit), wait_s)


def tuning_lock(yandex: YandexCloudCredentials, name: str, wait_s: float = LOCK_WAIT_S) -> AbstractContextManager[Lock]:
    """Hold the lock of the tuning of that name inside the block; raises as `stack_lock` does."""
    return _lock(_Place(f"the tuning {name}", TuningKey(yandex.folder_id, name).limit), wait_s)


@contextmanager
def _lock(place: _Place, wait_s: float) -> Generator[Lock]:
    with get_client(sync_client=True) as client:
        _ensure_limit(client, place)
        held = ExitStack()

        @contextmanager
        def released() -> Generator[None]:
            held.close()
            yield  # what ends with an error in here does not wait for the lock
            held.enter_context(_held(client, place, wait_s))

        with held:
            held.enter_context(_held(client, place, wait_s))
            end_lost_runs(client, place.limit)
            yield Lock(released)


@contextmanager
def _held(client: SyncPrefectClient, place: _Place, wait_s: float) -> Generator[None]:
    lease = _Lease(_acquired(client, place, wait_s))
    note_holder(client, place.limit)
    ended = threading.Event()
    renew = copy_context().run  # so that it can stop the steps of this run
    renewing = threading.Thread(target=renew, args=(_renew, place, lease, ended), daemon=True, name="lock")
    renewing.start()
    try:
        yield
    except BaseException as error:
        end_steps()  # what they create is not to be looked for by the next run before it is there
        if lease.lost and isinstance(error, Exception):
            raise _lost(place) from error
        raise
    else:
        if lease.lost:
            raise _lost(place)
    finally:
        ended.set()
        renewing.join(LOOK_EVERY_S)  # it may be taking the slot again
        with suppress(httpx.HTTPError):  # the lease runs out by itself, and the run has a result of its own
            client.release_concurrency_slots_with_lease(lease.id)


def _ensure_limit(client: SyncPrefectClient, place: _Place) -> None:
    """Look before creating: the server logs a traceback for a limit that it has already."""
    try:
        client.read_global_concurrency_limit_by_name(place.limit)
    except ObjectNotFound:
        with suppress(ObjectAlreadyExists):
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=place.limit, limit=1))


def _acquired(client: SyncPrefectClient, place: _Place, wait_s: float) -> UUID:
    """Return the lease; look for it until it is granted."""
    deadline_s, waited = time.monotonic() + wait_s, False
    while (lease_id := _granted_if_answered(client, place, deadline_s)) is None:
        if time.monotonic() >= deadline_s:
            raise StackLockedError(
                f"another run of {place.subject} is at work, and nothing was changed: run again when it has "
                f"ended, cancel it, or wait for it longer than {wait_s:g} s (lock_wait_s). A run that was killed holds "
                f"its place for {FREED_WITHIN_S} s; {_forgotten(place)}"
            )
        if not waited:
            get_run_logger().info("Another run of %s is at work; waiting up to %g s", place.subject, wait_s)
            waited = True
        time.sleep(min(LOOK_EVERY_S, wait_s))
    return lease_id


def _granted_if_answered(client: SyncPrefectClient, place: _Place, deadline_s: float) -> UUID | None:
    """Ask for the slot; before the deadline a server that is away for a moment is asked again."""
    try:
        return _granted(client, place)
    except httpx.HTTPError as error:
        if not is_prefect_away(error) or time.monotonic() >= deadline_s:
            raise
        get_run_logger().warning("The lock of %s could not be asked for: %s", place.subject, error)
        return None


def _granted(client: SyncPrefectClient, place: _Place) -> UUID | None:
    """Ask for the slot once; None when it is another's."""
    run_id = flow_run.id
    holder = ConcurrencyLeaseHolder(type="flow_run", id=UUID(run_id)) if run_id else None
    try:
        answer = client.increment_concurrency_slots_with_lease([place.limit], 1, "concurrency", LEASE_S, holder)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != LOCKED:
            raise
        return None
    granted = ConcurrencyLimitWithLeaseResponse.model_validate(answer.json())
    if not granted.limits:  # somebody has deleted it meanwhile, and the server grants what nothing limits
        client.release_concurrency_slots_with_lease(granted.lease_id)
        _ensure_limit(client, place)
        return _granted(client, place)
    return granted.lease_id


def _renew(place: _Place, lease: _Lease, ended: threading.Event) -> None:
    """Keep the lease; a server that is away for a while must not end a run that has begun to cost money.

    A lease that is gone is taken again: this process slept, say, and the server gave the slot up. When it is another
    run's by now, no other step of this one begins.
    """
    with get_client(sync_client=True) as client:
        while not ended.wait(RENEWED_EVERY_S):
            try:
                lease_id = lease.id if _renewed(client, lease) else _granted(client, place)
            except httpx.HTTPError as error:
                get_logger(__name__).warning("The lock of %s could not be renewed: %s", place.subject, error)
                continue
            if lease_id is None:
                lease.lost = True
                begin_no_step()
                return
            lease.id = lease_id


def _renewed(client: SyncPrefectClient, lease: _Lease) -> bool:
    """Renew it; False when there is no such lease any more."""
    try:
        client.renew_concurrency_lease(lease.id, LEASE_S)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != GONE:
            raise
        return False
    return True


def _lost(place: _Place) -> StackLockedError:
    return StackLockedError(
        f"the lock of {place.subject} was lost and is another run's now, so no other step was begun: run again "
        f"when that has ended; {_forgotten(place)}"
    )


def _forgotten(place: _Place) -> str:
    return (
        "if no run is at work and this goes on, the Prefect server has forgotten the lease over a restart: "
        f"`prefect global-concurrency-limit delete {place.limit}`."
    )
