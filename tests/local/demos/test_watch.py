"""A run is followed to its end, and what it does is shown."""

import io

import pytest
from rich.console import Console

from local.demos import watch
from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi
from local.stack.display import Display
from tests.local.prefect_server import RUN_ID, Script, artifact, serve, task_run

RUNNING = ("RUNNING", "Running", "")
COMPLETED = ("COMPLETED", "Completed", "")


def follow(script: Script, *, deadline_s: float = 60, dies: str = "") -> tuple[FlowRun, str]:
    """Follow the scripted run with a clock that only sleeping moves; return how it ended and what was printed."""
    now = [0.0]
    console = Console(file=io.StringIO(), width=200)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def check() -> None:
        if dies:
            raise LocalError(dies)

    with serve(script) as api_url, PrefectApi(api_url) as api, Display(console, clock=lambda: now[0]) as display:
        run = watch.follow(api, RUN_ID, display, check=check, deadline_s=deadline_s, sleep=sleep)
    assert isinstance(console.file, io.StringIO)
    return run, console.file.getvalue()


def test_run_is_followed_to_its_end() -> None:
    """The final state is returned, after as many looks as it took."""
    script = Script([("SCHEDULED", "Scheduled", ""), RUNNING, RUNNING, COMPLETED])
    run, _ = follow(script)
    assert run.state_type == "COMPLETED"
    assert len([path for _, path, _ in script.asked if path == f"/api/flow_runs/{RUN_ID}"]) == 4


def test_every_step_is_shown_with_its_time() -> None:
    """Without a terminal, a line says when a step began or ended, and how long the server says it took."""
    script = Script(
        [RUNNING, COMPLETED],
        task_runs=[task_run("ensure bucket", "COMPLETED", took_s=2.5), task_run("wait-for embedder", "RUNNING")],
    )
    _, printed = follow(script)
    assert "ensure bucket: done in 2.5 s" in printed
    assert "wait-for embedder: ..." in printed
    assert "run brave-owl: done" in printed.splitlines()[-1]


def test_step_that_waits_for_others_is_not_shown() -> None:
    """A pending step has nothing to show."""
    _, printed = follow(Script([RUNNING, COMPLETED], task_runs=[task_run("verify", "PENDING")]))
    assert "verify" not in printed


def test_failed_step_says_so() -> None:
    """A failed step is shown with its state."""
    script = Script([RUNNING, ("FAILED", "Failed", "why")], task_runs=[task_run("verify", "FAILED", took_s=0.2)])
    run, printed = follow(script)
    assert "verify: failed in 0.2 s  Failed" in printed
    assert run.message == "why"


def test_progress_artifact_is_shown_beside_its_step() -> None:
    """How far a wait is stands beside it."""
    script = Script(
        [RUNNING, COMPLETED],
        task_runs=[task_run("wait-for embedder", "RUNNING")],
        artifacts=[artifact("progress", 40.0, task_run_id="wait-for embedder")],
    )
    _, printed = follow(script)
    assert "wait-for embedder: ...  40 %" in printed


def test_death_of_a_service_ends_the_watch() -> None:
    """When the worker has died nobody will finish the run: its last words are the error."""
    with pytest.raises(LocalError, match="worker ended with exit code 1"):
        follow(Script([RUNNING]), dies="worker ended with exit code 1")


def test_run_has_a_deadline() -> None:
    """A run that does not end is given up, with its page in the UI."""
    with pytest.raises(LocalError, match=f"brave-owl is Running after 3 s.*/runs/flow-run/{RUN_ID}"):
        follow(Script([RUNNING]), deadline_s=3)


def test_finished_run_counts_at_the_deadline() -> None:
    """A run that is found finished on the last look is a success."""
    run, _ = follow(Script([RUNNING, COMPLETED]), deadline_s=0.5)
    assert run.state_type == "COMPLETED"
