"""The flow in a process of its own, forked from one that has imported everything and has no threads yet."""

import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from tests.kill.scenarios import Run

ENDED_WITHIN_S = 60.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@contextmanager
def running(run: Run) -> Generator[BaseProcess]:
    """Start the flow against the Prefect server of this process; it does not outlive the block."""
    process = FORKS.Process(target=_run, args=(run, get_current_settings().api.url))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _run(run: Run, api_url: str) -> None:
    with temporary_settings({PREFECT_API_URL: api_url}):
        run()
