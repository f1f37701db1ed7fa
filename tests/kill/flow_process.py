"""The flow in a process of its own, forked from one that has imported everything and has no threads yet."""

import faulthandler
import multiprocessing
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    get_current_settings,
    temporary_settings,
)

from flows.finetune import finetune_embedder
from flows.specs import EmbedderTuning
from tests.support.prefect_client import hasten
from tests.support.stacks import look_often

ENDED_WITHIN_S = 60.0
HANGS_AFTER_S = 45.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "tests.kill.dying"])


@contextmanager
def running(run: Callable[[], Any]) -> Generator[BaseProcess]:
    """Start the flow against the Prefect server of this process; it does not outlive the block."""
    with _process(run) as process:
        yield process


@contextmanager
def finetuning(tuning: EmbedderTuning, block: str, results: str, *, cancel: bool = False) -> Generator[BaseProcess]:
    """Start `finetune-embedder` likewise; with `cancel` its tuning is cancelled with the run."""
    with _process(partial(_finetune, tuning, block, results, cancel)) as process:
        yield process


def _finetune(tuning: EmbedderTuning, block: str, results: str, cancel: bool) -> None:  # noqa: FBT001  # a process's argument
    finetune_embedder(tuning, block, results, cancel_tuning_on_cancel=cancel)


@contextmanager
def _process(run: Callable[[], Any]) -> Generator[BaseProcess]:
    process = FORKS.Process(target=_run, args=(run, get_current_settings().api.url))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _run(run: Callable[[], Any], api_url: str) -> None:
    faulthandler.dump_traceback_later(HANGS_AFTER_S)  # where it hangs is said before the test gives up on it
    own: dict[Any, Any] = {PREFECT_API_URL: api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(own), pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        look_often(patch)
        run()
