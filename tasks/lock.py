"""One run at a time for each stack or tuning: two could each look for a resource, find none, and pay for it twice.

The lock is a slot of a global concurrency limit on the Prefect server. A run holds it by a lease that it renews; when
its process dies without a word the lease runs out, and the server gives the slot up at its next look for such leases.
Prefect's own context manager `concurrency` does the same, and logs a traceback whenever the slot is another's.
"""

import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.exceptions import ObjectAlreadyExists
from prefect.logging import get_logger
from prefect.runtime import flow_run

from clouds.errors import CloudError
from tasks.steps import end_steps

LEASE_S = 60
"""The shortest lease that Prefect grants."""
RENEWED_EVERY_S = LEASE_S / 3
FREED_WITHIN_S = LEASE_S + 15
"""How long a killed run holds the lock at most: its lease, and Prefect's 15 s between two looks for expired ones."""
LOCK_WAIT_S = 120
"""Long enough to go on after a run that was killed."""
LOOK_EVERY_S = 2.0
LOCKED = 423


class StackLockedError(CloudError):
    """Another run of the stack, or of the tuning, is at work."""


def limit_name(stack_name: str) -> str:
    """Return the name of the stack's global concurrency limit."""
    return f"rag-{stack_name}"


def tuning_limit_name(name: str) -> str:
    """Return the name of the tuning's global concurrency limit."""
    return f"tuning-{name}"


def stack_lock(stack_name: str, wait_s: float = LOCK_WAIT_S) -> AbstractContextManager[None]:
    """Hold the stack's lock inside the block.

    Raises:
        StackLockedError: another run holds it, and still did after `wait_s`.

    """
    return _lock(limit_name(stack_name), f"another run of the stack {stack_name}", wait_s)


def tuning_lock(name: str, wait_s: float = LOCK_WAIT_S) -> AbstractContextManager[None]:
    """Hold the lock of the tuning of that name inside the block; raises as `stack_lock` does."""
    return _lock(tuning_limit_name(name), f"another run of the tuning {name}", wait_s)


@contextmanager
def _lock(limit: str, other: str, wait_s: float) -> Generator[None]:
    with get_client(sync_client=True) as client:
        with suppress(ObjectAlreadyExists):
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=limit, limit=1))
        lease_id = _acquired(client, limit, other, wait_s)
        ended = threading.Event()
        threading.Thread(target=_renew, args=(limit, lease_id, ended), daemon=True, name="lock").start()
        try:
            yield
        except BaseException:
            end_steps()  # what they create is not to be looked for by the next run before it is there
            raise
        finally:
            ended.set()
            with suppress(httpx.HTTPError):  # the lease runs out by itself, and the run has a result of its own
                client.release_concurrency_slots_with_lease(lease_id)


def _acquired(client: SyncPrefectClient, limit: str, other: str, wait_s: float) -> UUID:
    """Return the lease; look for it until it is granted."""
    run_id = flow_run.id
    holder = ConcurrencyLeaseHolder(type="flow_run", id=UUID(run_id)) if run_id else None
    deadline_s, waited = time.monotonic() + wait_s, False
    while True:
        try:
            answer = client.increment_concurrency_slots_with_lease([limit], 1, "concurrency", LEASE_S, holder)
            return ConcurrencyLimitWithLeaseResponse.model_validate(answer.json()).lease_id
        except httpx.HTTPStatusError as error:
            if error.response.status_code != LOCKED:
                raise
        if time.monotonic() >= deadline_s:
            raise StackLockedError(
                f"{other} is at work, and nothing was changed: run again when it has "
                f"ended, cancel it, or wait for it longer than {wait_s:g} s (lock_wait_s). A run that was killed holds "
                f"its place for {FREED_WITHIN_S} s; if no run is at work and this goes on, the Prefect server has "
                f"forgotten the lease over a restart: `prefect global-concurrency-limit delete {limit}`."
            )
        if not waited:
            get_run_logger().info("Waiting up to %g s: %s is at work", wait_s, other)
            waited = True
        time.sleep(min(LOOK_EVERY_S, wait_s))


def _renew(limit: str, lease_id: UUID, ended: threading.Event) -> None:
    """Keep the lease; a server that is away for a while must not end a run that has begun to cost money."""
    with get_client(sync_client=True) as client:
        while not ended.wait(RENEWED_EVERY_S):
            try:
                client.renew_concurrency_lease(lease_id, LEASE_S)
            except httpx.HTTPError as error:
                get_logger(__name__).warning("The lock %s could not be renewed: %s", limit, error)
