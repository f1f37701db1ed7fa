"""A worker that is asked to end, as a container that is stopped, hands its run over, and the next worker does it."""

import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest

from bench.fleet_machines import Machine, running
from tests.schedule.often import LOOKS, SUSPENDS
from tests.support.operated import Operated, entry, wait_for

pytestmark = pytest.mark.schedule
POOL = "update"
HANDED_OVER_WITHIN_S = 30.0
LOOKS_FOR_RUNS = r"/modelruns$"


@pytest.fixture(autouse=True)
def quiet(project: Operated) -> None:
    """End the runs of the other deployments: the answer that the sandbox holds is then this test's."""
    for name in (LOOKS, SUSPENDS):
        project.quieten(name)


def worker(project: Operated, name: str) -> Machine:
    """Return a worker of a pool of its own, as deploy/ starts it."""
    options = ("--pool", POOL, "--type", "process", "--name", name)
    return Machine(name, options, project.machine.folder, project.machine.api_url, module="local.prefect_worker")


@contextmanager
def in_the_background() -> Generator[None]:
    """Let what is started inside ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_run_is_handed_over_when_its_worker_ends(project: Operated) -> None:
    """After SIGTERM the run waits for another worker at once, the worker ends, and another one completes the run.

    The first worker is a background job of a shell, which has SIGINT ignored.
    """
    project.api.ensure_work_pool(POOL)
    project.write(entry("suspend_rag", "update", schedules=[], work_pool={"name": POOL}))
    project.deploy()
    project.sandbox.fault(LOOKS_FOR_RUNS, method="GET", hold=True)
    first = worker(project, "first")
    with ExitStack() as ended:
        with in_the_background():
            ended.enter_context(running(first))
        run = project.api.start_run(project.api.deployment_id("suspend-rag/update"))
        project.sandbox.wait_until_held()
        assert project.api.flow_run(run.id).state_type == "RUNNING"
        first.processes()[0].terminate()
        project.sandbox.release_held()
        wait_for(
            "the run to be handed over",
            lambda: project.api.flow_run(run.id).state_name in ("AwaitingRetry", "Late"),
            HANDED_OVER_WITHIN_S,
        )
        wait_for("the worker's end", lambda: not first.processes(), HANDED_OVER_WITHIN_S)
    with running(worker(project, "second")):
        wait_for("the run to be done", lambda: project.api.flow_run(run.id).state_type == "COMPLETED")


def test_a_person_who_cancels_is_obeyed(project: Operated) -> None:
    """The same signal ends the process of a run that is cancelled: it is Cancelled, and no worker begins it anew."""
    project.api.ensure_work_pool(POOL)
    project.write(entry("suspend_rag", "update", schedules=[], work_pool={"name": POOL}))
    project.deploy()
    project.sandbox.fault(LOOKS_FOR_RUNS, method="GET", hold=True)
    only = worker(project, "only")
    with running(only):
        run = project.api.start_run(project.api.deployment_id("suspend-rag/update"))
        project.sandbox.wait_until_held()
        project.api.cancel(run.id)
        wait_for("the run's end", lambda: project.api.flow_run(run.id).state_type != "CANCELLING")
        project.sandbox.release_held()
        assert project.api.flow_run(run.id).state_type == "CANCELLED"
