"""Runs whose process has died without a word: Prefect itself would show them as Running for ever.

The automations of automations.yaml end such a run within minutes. They go by events, and a server that dies beside a
worker forgets those that it had not worked off; so a run that takes a lock looks for the one that held it before.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectException
from prefect.logging import get_logger
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.states import Crashed

TAG = "managed-rag"
"""On every deployment of this project."""
LABEL = "managed-rag.lock"
"""Of a run: the global concurrency limit that it has held."""
HEARTBEATS = 5
"""So many may be missing before a run counts as lost."""
LOST_AFTER_S = 900.0
"""The least. By default a run sends a heartbeat every 180 s, and other machines may be set otherwise than this one."""


def note_holder(client: SyncPrefectClient, limit: str) -> None:
    """Write on the run that it holds the lock; without that note no other run ends it."""
    if run_id := flow_run.id:
        with suppress(httpx.HTTPError, PrefectException):
            client.update_flow_run_labels(UUID(run_id), {LABEL: limit})


def end_lost_runs(client: SyncPrefectClient, limit: str, lost_after_s: float | None = None) -> list[FlowRun]:
    """Mark the runs as crashed that have held this lock and shown no sign of life for so long; return them.

    It is called by the run that holds the lock now: one that held it before and is still Running has lost it. Runs that
    wait for a lock, that are Pending or that belong to other stacks are left to the automations. Where heartbeats are
    switched off it cannot be known, and nothing is done. A server that cannot be asked now is asked by the next run.
    """
    frequency_s = get_current_settings().flows.heartbeat_frequency
    if frequency_s is None:
        return []
    lost_after_s = lost_after_s or max(LOST_AFTER_S, HEARTBEATS * frequency_s)
    since = datetime.now(UTC) - timedelta(seconds=lost_after_s)
    try:
        lost = [run for run in _former_holders(client, limit) if not _has_lived(client, run, since)]
        for run in lost:
            message = (
                f"no sign of life for {lost_after_s / 60:.0f} min, and its lock is free: its worker or its machine has "
                "died; run it again"
            )
            client.set_flow_run_state(run.id, Crashed(message=message))
    except (httpx.HTTPError, PrefectException) as error:
        get_logger(__name__).warning("Lost runs could not be looked for: %s", error)
        return []
    return lost


def _former_holders(client: SyncPrefectClient, limit: str) -> list[FlowRun]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
    running = client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[TAG]), state=state))
    return [run for run in running if run.labels.get(LABEL) == limit and str(run.id) != flow_run.id]


def _has_lived(client: SyncPrefectClient, run: FlowRun, since: datetime) -> bool:
    """Say whether the run has changed its state or sent a heartbeat since then."""
    if run.state is None or run.state.timestamp >= since:
        return True
    wanted = {
        "occurred": {"since": since.isoformat()},
        "event": {"name": ["prefect.flow-run.heartbeat"]},
        "resource": {"id": [f"prefect.flow-run.{run.id}"]},
    }
    found = client.request("POST", "/events/filter", json={"filter": wanted, "limit": 1})
    return bool(found.raise_for_status().json()["events"])
