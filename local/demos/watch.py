"""Follow one flow run to its end and show its steps."""

import contextlib
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

import httpx

from local.errors import LocalError
from local.prefect_api import FINAL_STATES, FlowRun, PrefectApi
from local.stack.display import Display, State
from local.stack.stack import Stack

RUN_ENDS_WITHIN_S = 1800.0

_SHOWN_AS: dict[str, State] = {
    "RUNNING": "running",
    "COMPLETED": "done",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "failed",
}


def run(
    api: PrefectApi, running: Stack, deployment: str, display: Display, parameters: Mapping[str, Any] | None = None
) -> FlowRun:
    """Run the deployment `flow/deployment` to its end and show its steps."""
    started = api.start_run(api.deployment_id(deployment), parameters)
    with ended_with_us(api, running, started.id):
        return follow(api, started.id, display, check=running.check, deadline_s=RUN_ENDS_WITHIN_S)


def follow(
    api: PrefectApi,
    run_id: str,
    display: Display,
    *,
    check: Callable[[], None],
    deadline_s: float,
    every_s: float = 0.5,
    sleep: Callable[[float], None] = time.sleep,
) -> FlowRun:
    """Show the run and its steps in the display until it has ended."""
    return wait_for(
        api,
        run_id,
        lambda run: show_run(api, run, display),
        check=check,
        deadline_s=deadline_s,
        every_s=every_s,
        clock=lambda: display.elapsed_s,
        sleep=sleep,
    )


def wait_for(
    api: PrefectApi,
    run_id: str,
    on_look: Callable[[FlowRun], None],
    *,
    check: Callable[[], None],
    deadline_s: float,
    every_s: float = 0.5,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> FlowRun:
    """Look, show, check, sleep until the run has ended; `check` raises when the run cannot go on (a process died)."""
    began_s = clock()
    while True:
        run = api.flow_run(run_id)
        on_look(run)
        if run.state_type in FINAL_STATES:
            return run
        if clock() - began_s >= deadline_s:
            raise LocalError(f"run {run.name} is {run.state_name} after {deadline_s:.0f} s; see {api.run_url(run_id)}")
        check()
        sleep(every_s)


@contextlib.contextmanager
def ended_with_us(api: PrefectApi, running: Stack, run_id: str) -> Generator[None]:
    """End the run too when the command that follows it is interrupted or gives up."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(httpx.HTTPError):  # the first error is the one to show
            (api.cancel if running.kind == "up" else api.mark_cancelled)(run_id)
        raise


def show_run(api: PrefectApi, run: FlowRun, display: Display) -> None:
    """Show the run, its tasks, and how far those are that say so by a progress artifact."""
    ended = run.state_type in FINAL_STATES
    waits_for = "" if run.state_name in ("Running", "Completed") else f"{run.state_name}  "
    display.show(run.id, "running", label=f"run {run.name}", note=f"{waits_for}{api.run_url(run.id)}")
    progress = {
        artifact.task_run_id: f"{float(artifact.data):.0f} %"
        for artifact in api.artifacts(run.id)
        if artifact.type == "progress" and artifact.data is not None
    }
    for task in api.task_runs(run.id):
        if task.start_time is None and task.state_type != "FAILED":
            continue  # a step that waits for others has nothing to show yet
        shown = _SHOWN_AS.get(task.state_type or "", "waiting")
        plain = shown != "failed" and task.state_name in ("Running", "Completed")
        display.show(
            task.id,
            shown,
            label=task.name,
            note=progress.get(task.id, "") if plain else task.state_name or "",
            indent=1,
            took_s=task.total_run_time if shown in ("done", "failed") else None,
        )
    if ended:  # after its steps, so that lines come in the order of events
        display.show(run.id, _SHOWN_AS[run.state_type or ""])
