"""The graph of a run, as the UI draws it."""

from collections.abc import Mapping
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRun, TaskRunResult
from tenacity import Retrying, stop_after_delay, wait_fixed

from tasks.run.steps import PARENTS


def drawn(run_id: Any, names: Mapping[str, str]) -> dict[str, set[str]]:
    """Return from which steps the UI draws an arrow to each step of a run; names of resources are replaced by `names`.

    Steps inside another step are left out. The server writes runs down a moment after they have ended.
    """
    runs: list[TaskRun] = []
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
    with get_client(sync_client=True) as client:
        for attempt in Retrying(stop=stop_after_delay(60), wait=wait_fixed(0.2)):
            with attempt:
                runs = client.read_task_runs(flow_run_filter=of_run)
                assert all(run.state is not None and run.state.is_completed() for run in runs)
                assert any(run.name.startswith("report") for run in runs)
    name_of: dict[Any, str] = {}
    for run in runs:
        task, _, of = run.name.partition(" ")
        name_of[run.id] = f"{task} {names[of]}" if of in names else run.name
    return {
        name_of[run.id]: {
            name_of[found.id] for found in set().union(*run.task_inputs.values()) if isinstance(found, TaskRunResult)
        }
        for run in runs
        if PARENTS not in run.task_inputs
    }
