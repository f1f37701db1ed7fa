"""A person who answers the form of a paused run."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType

T = TypeVar("T")


def resume_when_paused(answer: dict[str, Any], run: Callable[[], T], meanwhile: Callable[[], Any] | None = None) -> T:
    """Run the flow while somebody waits for a paused run and resumes it with the form filled in.

    `meanwhile` is done first, once.
    """
    ended = threading.Event()
    paused = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))

    def person(client: SyncPrefectClient) -> None:
        while not ended.wait(0.2):
            for found in client.read_flow_runs(flow_run_filter=paused):
                if meanwhile:
                    meanwhile()
                client.resume_flow_run(found.id, run_input=answer)
                return

    with get_client(sync_client=True) as client, ThreadPoolExecutor(1) as pool:
        resumed = pool.submit(person, client)
        try:
            return run()
        finally:
            ended.set()
            resumed.result()
