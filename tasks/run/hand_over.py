"""A run whose process is asked to end (SIGTERM) hands its work to the next worker, which begins it anew.

Only where the environment says so; elsewhere Prefect marks the run as crashed. A person who cancels is obeyed.
"""

import os
from typing import NoReturn
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import Abort, PrefectException, TerminationSignal
from prefect.logging import get_logger
from prefect.runtime import flow_run
from prefect.states import AwaitingRetry

VARIABLE, VALUE = "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR", "reschedule"
"""Prefect's own switch of `prefect flow-run execute`, which runs a flow in a container of its own; a worker's processes
do not read it. Source: `prefect/cli/flow_run.py` of Prefect 3.9.1, read 2026-11-30."""
MESSAGE = "its worker was asked to end; another one begins the run anew and adopts what is there"


def end(signal: TerminationSignal) -> NoReturn:
    """Raise what ends the run's process: Abort when the run is handed over, else the signal again.

    It is called when no step is under way and the lock is free: the next attempt may begin at once.
    """
    run_id = flow_run.id
    if run_id is not None and os.environ.get(VARIABLE) == VALUE and _awaits_retry(UUID(run_id)):
        raise Abort(MESSAGE) from signal
    raise signal


def _awaits_retry(run_id: UUID) -> bool:
    try:
        with get_client(sync_client=True) as client:
            return _is_at_work(client, run_id) and _handed_over(client, run_id)
    except (httpx.HTTPError, PrefectException) as error:
        get_logger(__name__).warning("The run could not be handed over: %s", error)
        return False


def _is_at_work(client: SyncPrefectClient, run_id: UUID) -> bool:
    """Say whether it belongs to a deployment, which a worker needs, and no one has given it another state meanwhile."""
    run = client.read_flow_run(run_id)
    return run.deployment_id is not None and run.state is not None and (run.state.is_running() or run.state.is_paused())


def _handed_over(client: SyncPrefectClient, run_id: UUID) -> bool:
    answer = client.set_flow_run_state(run_id, AwaitingRetry(message=MESSAGE))
    return answer.status == SetStateStatus.ACCEPT
