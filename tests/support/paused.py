"""A person who answers the form of a paused run."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import SetStateStatus

PAUSED = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))
T = TypeVar("T")


def shown_forms() -> list[str]:
    """Return what stands above the form of each paused run."""
    with get_client(sync_client=True) as client:
        return [
            client.read_flow_run_input(run.id, run.state.state_details.run_input_keyset["description"])
            for run in client.read_flow_runs(flow_run_filter=PAUSED)
            if run.state and run.state.state_details.run_input_keyset
        ]


def resume_when_paused(answer: dict[str, Any], run: Callable[[], T], meanwhile: Callable[[], Any] | None = None) -> T:
    """Run the flow while somebody waits for a paused run and resumes it with the form filled in.

    `meanwhile` is done first, once.
    """
    ended = threading.Event()

    def person(client: SyncPrefectClient) -> None:
        answered: set[UUID] = set()  # a run that another test has left may be among them
        while not ended.wait(0.2):
            for found in client.read_flow_runs(flow_run_filter=PAUSED):
                if found.id in answered:
                    continue
                try:
                    if meanwhile and not answered:
                        meanwhile()
                finally:  # the run goes on and ends: else nothing shows what failed in `meanwhile`
                    answer_taken = client.resume_flow_run(found.id, run_input=answer)
                if answer_taken.status == SetStateStatus.ACCEPT:
                    answered.add(found.id)

    with get_client(sync_client=True) as client, ThreadPoolExecutor(1) as pool:
        resumed = pool.submit(person, client)
        try:
            return run()
        finally:
            ended.set()
            resumed.result()
