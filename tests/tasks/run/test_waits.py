"""A wait changes nothing and holds three GPUs: what ends it is its deadline or a failed state, not one lost call."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import TaskRunContext
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from clouds.errors import DeadlineError
from domain.times import StepTime
from tasks.refresh.sync import wait_for_version
from tasks.run.steps import LOOK_FIRST, left_of, recorded_steps, step
from tasks.stack.inference import wait_for_inference
from tasks.stack.knowledge import wait_for_index
from tasks.tuning.tuning import wait_for_tuning

AT_ONCE: dict[str, Any] = {**LOOK_FIRST, "retry_delay_seconds": 0}
NO_ONE_LISTENS = "http://127.0.0.1:9/api"
WAITS: tuple[Any, ...] = (wait_for_inference, wait_for_index, wait_for_version, wait_for_tuning)


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.name)
def test_a_wait_has_further_tries(wait: Any) -> None:
    """Prefect repeats it, visibly, as it repeats the step that creates."""
    assert (wait.retries, wait.retry_condition_fn) == (LOOK_FIRST["retries"], LOOK_FIRST["retry_condition_fn"])


def test_a_call_to_prefect_that_failed_is_repeated(prefect_storage: Path) -> None:  # noqa: ARG001  # the server must be up
    """The server does not answer in the first try of a step; the second one ends well."""
    tries: list[int] = []

    @step("ask-prefect", **AT_ONCE)
    def ask() -> None:
        tries.append(1)
        if len(tries) == 1:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), SyncPrefectClient(NO_ONE_LISTENS) as client:
                client.read_flows(limit=1)

    @flow
    def asking() -> None:
        with recorded_steps():
            ask()

    asking()
    assert len(tries) == 2


def test_a_second_try_waits_no_longer_than_the_first_had_left(prefect_storage: Path) -> None:  # noqa: ARG001  # as above
    """The deadline of a wait counts from the first try of its step."""
    left: list[float] = []

    @step("wait", **AT_ONCE)
    def wait() -> None:
        left.append(left_of(3600))

    @flow
    def waiting() -> None:
        with recorded_steps() as log:
            wait()
            now = datetime.now(UTC)

            @step("wait-again")
            def again() -> None:
                context = TaskRunContext.get()
                assert context is not None
                run: UUID = context.task_run.id
                log.times[run] = StepTime(run, "wait-again", now - timedelta(seconds=3000), now, frozenset())
                left.append(left_of(3600))

            again()

    waiting()
    assert left[0] == 3600
    assert 590 < left[1] <= 600


def test_what_is_no_passing_failure_is_not_repeated(prefect_storage: Path) -> None:  # noqa: ARG001  # as above
    """A deadline that has passed ends the step at once."""
    tries: list[int] = []

    @step("wait", **AT_ONCE)
    def wait() -> None:
        tries.append(1)
        raise DeadlineError("not ready after 1 s")

    @flow
    def waiting() -> None:
        with recorded_steps():
            wait()

    with pytest.raises(DeadlineError):
        waiting()
    assert tries == [1]
