"""`make demo` on a stack that is up: what it asks of Prefect, and how it ends."""

import io
import os
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from local import processes
from local.demos import watch
from local.demos.demo import demo
from local.errors import LocalError
from local.layout import Layout
from local.processes import TOKEN_VARIABLE
from local.stack.stack import Stack
from tests.local.demos.test_report import artifacts
from tests.local.prefect_server import RUN_ID, Script, serve, task_run


def run(layout: Layout, script: Script, command: Callable[[Layout, Console], int] = demo) -> tuple[int, str]:
    """Run the command on a stack of one sleeping process and the scripted server; return its code and output."""
    root = processes.start(
        "worker",
        (sys.executable, "-c", "import time; time.sleep(600)"),
        env={**os.environ, TOKEN_VARIABLE: layout.token},
        cwd=layout.root,
        log=layout.log("worker"),
        dies_with_us=True,
    )
    console = Console(file=io.StringIO(), width=200)
    try:
        with serve(script) as api_url:
            up = Stack(kind="up", sandbox_url="http://127.0.0.1:1", api_url=api_url, roots=(root,), is_complete=True)
            layout.stack_file.write_text(up.model_dump_json())
            code = command(layout, console)
        assert processes.is_alive(root), "a demo ended the stack of `make up`"
    finally:
        processes.stop([root], layout.token)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def test_demo_is_0_when_the_stack_answered(layout: Layout) -> None:
    """The run is started from the deployment, followed, and its report, page and counts are printed."""
    script = Script(
        [("SCHEDULED", "Scheduled", ""), ("COMPLETED", "Completed", "")],
        artifacts=artifacts(),
    )
    code, printed = run(layout, script)
    assert code == 0
    assert "Within 14 days [1]" in printed
    assert f"/runs/flow-run/{RUN_ID}" in printed
    assert "created 6, adopted 0, updated 1" in printed.splitlines()[-1]


def test_failed_run_is_an_error_with_its_reason(layout: Layout) -> None:
    """A run that failed is not a success of the command; the reason and the log are named."""
    script = Script(
        [("FAILED", "Failed", "Flow run encountered an exception: QuotaError: 3 GPUs wanted, 1 free")],
        task_runs=[task_run("check_stack", "FAILED")],
    )
    with pytest.raises(LocalError, match=r"ended Failed at check_stack: QuotaError: 3 GPUs.*\n  log: .*worker\.log"):
        run(layout, script)


def test_deployment_that_is_gone_is_named(layout: Layout) -> None:
    """A server without the deployment is an error that says which one is missing."""

    class Bare(Script):
        def answer(self, method: str, path: str, body: object) -> tuple[int, object]:
            return (
                (404, {"detail": "Deployment not found"})
                if "deployments" in path
                else super().answer(method, path, body)
            )

    with pytest.raises(LocalError, match="deployment provision-rag/sandbox is not on the server"):
        run(layout, Bare([("SCHEDULED", "Scheduled", "")]))


def test_interrupted_demo_cancels_its_run(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the flow runs asks the worker of `make up` to end the run."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "show_run", interrupt)
    script = Script([("RUNNING", "Running", "")])
    with pytest.raises(KeyboardInterrupt):
        run(layout, script)
    path, body = next((path, body) for _, path, body in script.asked if path.endswith("/set_state"))
    assert path == f"/api/flow_runs/{RUN_ID}/set_state"
    assert body["state"]["type"] == "CANCELLING"
