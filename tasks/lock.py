"""One run at a time for each stack: two could each look for a resource, find none, and pay for it twice.

The lock is a slot of a global concurrency limit on the Prefect server. A run holds it by a lease that it renews; when
its process dies without a word the lease runs out, and the server gives the slot up at its next look.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError, ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists
from prefect.runtime import flow_run

from clouds.errors import CloudError
from tasks.steps import end_steps

LEASE_S = 60
"""The shortest lease that Prefect grants."""
FREED_WITHIN_S = LEASE_S + 15
"""How long a killed run holds the lock at most: its lease, and Prefect's 15 s between two looks for expired ones."""
LOCK_WAIT_S = 120
"""Long enough to go on after a run that was killed."""
LOCKED = 423


class StackLockedError(CloudError):
    """Another run of the stack is at work."""


def limit_name(stack_name: str) -> str:
    """Return the name of the stack's global concurrency limit."""
    return f"rag-{stack_name}"


@contextmanager
def stack_lock(stack_name: str, wait_s: float = LOCK_WAIT_S) -> Generator[None]:
    """Hold the stack's lock inside the block.

    Raises:
        StackLockedError: another run holds it, and still did after `wait_s`.

    """
    _make_limit(limit_name(stack_name))
    with ExitStack() as held:
        if not _enter(held, stack_name, max_retries=0):
            get_run_logger().info("Another run of the stack %s is at work; waiting up to %g s", stack_name, wait_s)
            if not wait_s or not _enter(held, stack_name, timeout_seconds=wait_s):
                raise StackLockedError(
                    f"another run of the stack {stack_name} is at work, and nothing was changed: run again when it has "
                    f"ended, cancel it, or wait for it longer than {wait_s:g} s (lock_wait_s). A run that was killed "
                    f"holds the stack for {FREED_WITHIN_S} s at most."
                )
        try:
            yield
        except BaseException:
            end_steps()  # what they create is not to be looked for by the next run before it is there
            raise


def _enter(held: ExitStack, stack_name: str, **waiting: Any) -> bool:
    """Take the slot; False when it is another's."""
    run_id = flow_run.id
    try:
        held.enter_context(
            concurrency(
                limit_name(stack_name),
                lease_duration=LEASE_S,
                strict=True,
                holder=ConcurrencyLeaseHolder(type="flow_run", id=UUID(run_id)) if run_id else None,
                raise_on_lease_renewal_failure=False,  # a server that is away for a minute must not end a paid run
                **waiting,
            )
        )
    except AcquireConcurrencySlotTimeoutError:
        return False
    except ConcurrencySlotAcquisitionError as error:
        cause = error.__cause__
        if isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code == LOCKED:
            return False
        raise
    return True


def _make_limit(name: str) -> None:
    with get_client(sync_client=True) as client:
        try:
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))
        except ObjectAlreadyExists:
            return
