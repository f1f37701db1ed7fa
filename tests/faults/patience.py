"""Pauses and time-outs short enough for a test; which of them there are, and what follows, stays as it is."""

import importlib
import pkgutil

import httpx
import pytest
from prefect import Task

import clouds.cloudru.storage.connection_pool
import clouds.huggingface
import clouds.retry
import clouds.transport
import clouds.yandex.channel
import clouds.yandex.dataset.client
import tasks
from tests.faults.kinds import TRY_S
from tests.support.stacks import look_often

PAUSE_S = 0.05
VALIDATED_S = 30.0
"""Until a dataset must be validated: less than a run may take, and plenty for the sandbox."""


def without_patience(patch: pytest.MonkeyPatch) -> None:
    """Let no pause take long, and no try longer than `TRY_S`."""
    look_often(patch)
    patch.setattr(clouds.retry, "FIRST_BACKOFF_S", PAUSE_S)
    patch.setattr(clouds.transport.Transport, "_timeout", lambda *_: httpx.Timeout(TRY_S))
    patch.setattr(clouds.cloudru.storage.connection_pool, "ANSWER_TIMEOUT_S", TRY_S)
    patch.setattr(clouds.huggingface, "TIMEOUT_S", TRY_S)
    usual = clouds.yandex.channel.Calls.call.__kwdefaults__ or {}
    patch.setattr(clouds.yandex.channel.Calls.call, "__kwdefaults__", {**usual, "attempt_s": TRY_S})
    usual = clouds.yandex.dataset.client.Datasets.ensure.__kwdefaults__ or {}
    patch.setattr(clouds.yandex.dataset.client.Datasets.ensure, "__kwdefaults__", {**usual, "deadline_s": VALIDATED_S})
    for task in _tasks():
        if task.retries:
            patch.setattr(task, "retry_delay_seconds", [PAUSE_S] * task.retries)


def _tasks() -> set[Task[..., object]]:
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(tasks.__path__, "tasks.")]
    return {value for module in modules for value in vars(module).values() if isinstance(value, Task)}
