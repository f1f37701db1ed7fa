"""A scheduled run of suspend-rag or resume-rag that begins after the opposite was due is skipped."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.types import DateTime

from domain.late_runs import OPPOSITES, DueRun, overtaken_by
from tasks.run.steps import LOOK_FIRST, step

PAGE = 200


def skipped_when_late(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Any:
    """Return the state that a late run ends in, Completed with why, for the flow to return; else None.

    A run that a person or an automation has started is never late: only a schedule's run has a time that it was due.
    """
    if not flow_run.id:
        return None
    later = look_for_opposite(UUID(flow_run.id), now())
    if later is None:
        return None
    due = later.due_at.strftime("%Y-%m-%d %H:%M UTC")
    return Completed(message=f"skipped: this run is late, and {later.flow} of {later.stack} was due since, at {due}")


@step("look-for-opposite", **LOOK_FIRST)
def look_for_opposite(run_id: UUID, now: datetime) -> DueRun | None:
    """Return the scheduled run of the opposite flow that was due after this one and last before now."""
    with get_client(sync_client=True) as client:
        own = client.read_flow_run(run_id)
        if not own.auto_scheduled or own.expected_start_time is None:
            return None
        names = {client_flow.id: client_flow.name for client_flow in client.read_flows(flow_filter=_flows())}
        this = _due(own, names)
        others = [_due(run, names) for run in _due_since(client, own, now) if _is_wanted(run)]
    return overtaken_by(this, others, now)


def _flows() -> FlowFilter:
    return FlowFilter(name=FlowFilterName(any_=list(OPPOSITES)))


def _due(run: FlowRun, names: dict[UUID, str]) -> DueRun:
    assert run.expected_start_time is not None  # noqa: S101  # those of schedules have it
    return DueRun.of(names[run.flow_id], run.expected_start_time, run.parameters)


def _is_wanted(run: FlowRun) -> bool:
    """Say whether a schedule made it, and it was not cancelled."""
    state = run.state
    return run.auto_scheduled and not (state and (state.is_cancelled() or state.is_cancelling()))


def _due_since(client: SyncPrefectClient, own: FlowRun, now: datetime) -> Generator[FlowRun]:
    due = FlowRunFilterExpectedStartTime(after_=own.expected_start_time, before_=DateTime.instance(now))
    offset = 0
    while page := client.read_flow_runs(
        flow_filter=_flows(),
        flow_run_filter=FlowRunFilter(expected_start_time=due),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=PAGE,
        offset=offset,
    ):
        yield from page
        offset += PAGE
