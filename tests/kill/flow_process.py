"""The flow in a process of its own, forked from one that has imported everything and has no threads yet."""

import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows.provision import provision_rag
from flows.specs import RagStack

ENDED_WITHIN_S = 60.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@contextmanager
def provisioning(stack: RagStack, block: str) -> Generator[BaseProcess]:
    """Start `provision-rag` against the Prefect server of this process; it does not outlive the block."""
    process = FORKS.Process(target=_provision, args=(stack.model_dump_json(), block, get_current_settings().api.url))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _provision(stack: str, block: str, api_url: str) -> None:
    with temporary_settings({PREFECT_API_URL: api_url}):
        provision_rag(RagStack.model_validate_json(stack), block, block)
