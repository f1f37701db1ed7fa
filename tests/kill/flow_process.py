"""A flow in a process of its own, forked from one that has imported everything and has no threads yet."""

import multiprocessing
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows.finetune import finetune_embedder
from flows.provision import provision_rag
from flows.specs import EmbedderTuning, RagStack

ENDED_WITHIN_S = 60.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@contextmanager
def provisioning(stack: RagStack, block: str) -> Generator[BaseProcess]:
    """Start `provision-rag` against the Prefect server of this process; it does not outlive the block."""
    with _running(_provision, stack.model_dump_json(), block) as process:
        yield process


@contextmanager
def finetuning(tuning: EmbedderTuning, block: str, results: str, *, cancel: bool = False) -> Generator[BaseProcess]:
    """Start `finetune-embedder` likewise; with `cancel` its tuning is cancelled with the run."""
    with _running(_finetune, tuning.model_dump_json(), block, results, cancel) as process:
        yield process


@contextmanager
def _running(target: Callable[..., None], *args: Any) -> Generator[BaseProcess]:
    process = FORKS.Process(target=target, args=(get_current_settings().api.url, *args))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _provision(api_url: str, stack: str, block: str) -> None:
    with temporary_settings({PREFECT_API_URL: api_url}):
        provision_rag(RagStack.model_validate_json(stack), block, block)


def _finetune(api_url: str, tuning: str, block: str, results: str, cancel: bool) -> None:  # noqa: FBT001  # a process's argument
    with temporary_settings({PREFECT_API_URL: api_url}):
        finetune_embedder(EmbedderTuning.model_validate_json(tuning), block, results, cancel_tuning_on_cancel=cancel)
