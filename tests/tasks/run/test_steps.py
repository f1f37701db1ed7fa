"""Which steps decided how long a run took, and which may be repeated."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.schemas.objects import StateType
from prefect.states import Failed

from clouds.errors import (
    CloudError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    RefusedError,
    UnavailableError,
)
from domain.times import StepTime, critical_path
from tasks.run.steps import end_steps, is_transient, recorded, recorded_steps, step, wait_for_checks

START = datetime(2026, 11, 21, tzinfo=UTC)


def took(number: int, start_s: float, end_s: float, *upstream: int) -> StepTime:
    """Return a step that ran from `start_s` to `end_s`."""
    return StepTime(
        id=UUID(int=number),
        name=f"step {number}",
        started_at=START + timedelta(seconds=start_s),
        ended_at=START + timedelta(seconds=end_s),
        upstream=frozenset(UUID(int=n) for n in upstream),
    )


def test_critical_path_follows_the_upstream_that_ended_last() -> None:
    """Upload 3 s and embedder 20 s lead to the index, LLM 30 s runs beside it: embedder and index decide."""
    upload, embedder, llm = took(1, 0, 3), took(2, 0, 20), took(3, 0, 30)
    index = took(4, 20, 45, 1, 2)
    verify = took(5, 45, 46, 4, 3)
    path = critical_path([llm, verify, upload, index, embedder])
    assert [step.name for step in path] == ["step 2", "step 4", "step 5"]
    assert sum(step.duration_s for step in path) == 46


def test_critical_path_of_nothing_is_empty() -> None:
    """A run that failed before its first step has no path."""
    assert critical_path([]) == []


def test_critical_path_ends_where_two_steps_name_each_other() -> None:
    """Each step is in it once."""
    path = critical_path([took(1, 0, 9, 2), took(2, 1, 8, 1)])
    assert [step.name for step in path] == ["step 2", "step 1"]


@pytest.mark.usefixtures("prefect_storage")
def test_time_of_a_step_inside_another_is_a_part_of_that() -> None:
    """What a step calls comes neither before nor after it, and nothing later waits for it."""

    @step("inner")
    def inner() -> None: ...

    @step("outer")
    def outer() -> None:
        inner()

    @step("last")
    def last() -> None: ...

    @flow
    def run() -> dict[str, StepTime]:
        with recorded_steps():
            outer()
            last()
            return {time.name: time for time in recorded()}

    times = run()
    assert not times["inner"].upstream
    assert not times["outer"].upstream
    assert times["last"].upstream == {times["outer"].id}


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (ConnectionFailedError("no answer"), True),
        (UnavailableError("busy", 503), True),
        (ConfigurationError("our own mistake"), False),
        (ConflictError("exists", 409), False),
        (RefusedError("set allow_replace=true"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_may_pass_is_repeated(error: CloudError, transient: bool) -> None:  # noqa: FBT001  # a parameter
    """No answer and 5xx are worth another try; bad input stays bad."""
    assert is_transient(None, None, Failed(data=error)) is transient


def test_steps_end_before_the_run_does_and_no_other_begins() -> None:
    """A step under way is waited for, however long it takes; one that has not begun is given up."""
    order: list[str] = []
    begun, may_end = Event(), Event()

    @step("create")
    def create(name: str) -> str:
        begun.set()
        may_end.wait(10)
        order.append(f"{name} created")
        return name

    with recorded_steps() as log, ThreadPoolExecutor() as pool:
        creating = pool.submit(copy_context().run, create.fn, "first")
        begun.wait(10)
        ended = pool.submit(copy_context().run, lambda: (end_steps(), order.append("run ended")))
        log.ending.wait(10)
        may_end.set()
        ended.result(10)
        assert creating.result(10) == "first"
        second: Any = create.fn("second")
    assert order == ["first created", "run ended"]
    assert (second.type, second.message) == (StateType.CANCELLED, "not begun: the run is ending")


@pytest.mark.usefixtures("prefect_storage")
def test_faults_of_all_checks_are_raised_together_each_once_and_whole() -> None:
    """Two checks may find the same; a name with a line separator of Unicode in it stays one fault."""
    absent, odd, same = "a.txt is not there", "b\u2028c.txt is empty", "d.txt is empty"

    @step("check")
    def check(faults: tuple[str, ...]) -> None:
        raise ConfigurationError(*faults)

    @flow
    def checks() -> None:
        with recorded_steps():
            check.submit((absent, same))
            check.submit((odd, same))
            wait_for_checks()

    with pytest.raises(ConfigurationError) as failure:
        checks()

    assert failure.value.lines == (absent, same, odd)
    assert failure.value.message == f"{absent}\n{same}\n{odd}"
