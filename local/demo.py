"""`make demo`: the flow `provision-rag` against the sandbox through a worker, from nothing to the report."""

import contextlib
from collections.abc import Generator

import httpx
from rich.console import Console

from local import report, stack, up, watch
from local.display import Display
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import FlowRun, PrefectApi
from local.stack import Stack

DEPLOYMENT = "provision-rag/sandbox"
RUN_ENDS_WITHIN_S = 1800.0


def demo(layout: Layout, console: Console) -> int:
    """Run it and print the report; 0 only when the stack answered its probe."""
    with stack.locked(layout, "make demo"):
        with Display(console) as display, _stack(layout, display) as running, PrefectApi(running.api_url) as api:
            run = _run(api, running, display)
            found = report.read(api, run)
            failure = report.why(api, run)
            url = api.run_url(run.id)
        report.show(found, console)
        if run.state_type != "COMPLETED":
            raise LocalError(f"run {run.name} ended {run.state_name}{failure}\n  log: {layout.log('worker')}")
        console.print(f"\nrun {run.name}: {url}", highlight=False, soft_wrap=True)
        if running.kind == "demo":
            console.print("(stopped; `make up` keeps the UI open, this run stays in it)")
        console.print(f"{found.counts}, answered in {display.elapsed_s:.0f} s", highlight=False)
    return 0


@contextlib.contextmanager
def _stack(layout: Layout, display: Display) -> Generator[Stack]:
    """Use the stack that is up and leave it up; else start one and end it."""
    running = stack.read(layout)
    if running and running.kind == "up" and running.is_up():
        display.show("stack", "done", label="stack is up", note=running.api_url.removesuffix("/api"))
        yield running
        return
    started = up.start(layout, "demo", display)
    try:
        yield started
    finally:
        display.show("stop", "running", label="stop what was started")
        started.stop(layout)
        display.show("stop", "done")


def _run(api: PrefectApi, running: Stack, display: Display) -> FlowRun:
    run = api.start_run(api.deployment_id(DEPLOYMENT))
    try:
        return watch.follow(api, run.id, display, check=running.check, deadline_s=RUN_ENDS_WITHIN_S)
    except BaseException:
        with contextlib.suppress(httpx.HTTPError):  # the first error is the one to show
            (api.cancel if running.kind == "up" else api.mark_cancelled)(run.id)
        raise
