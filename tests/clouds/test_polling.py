"""The one way to wait."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds.errors import ConnectionFailedError, DeadlineError, FailedStateError
from clouds.polling import Schedule, wait_until
from tests.support.virtual_time import VirtualTime

DURATIONS_S = st.floats(min_value=0.0, max_value=7200.0)


def looks_until(
    duration_s: float, deadline_s: float, schedule: Schedule | None = None
) -> tuple[VirtualTime, list[float]]:
    """Wait for something that is ready after `duration_s`; return the clock and when each look was."""
    time = VirtualTime()
    start_s = time.now_s
    looks: list[float] = []

    def look() -> bool:
        looks.append(time.now_s - start_s)
        return looks[-1] >= duration_s

    wait_until(
        look,
        lambda ready: ready,
        subject="it",
        deadline_s=deadline_s,
        schedule=schedule or Schedule(),
        clock=time.clock,
        sleep=time.sleep,
    )
    return time, looks


@given(DURATIONS_S)
def test_late_by_at_most_a_second_or_a_twentieth_and_never_more_than_the_ceiling(duration_s: float) -> None:
    """Whatever the duration, it is seen at most 0.8 s or 4 % of it late, and at most 40 s late."""
    _, looks = looks_until(duration_s, 2 * 7200.0)
    lateness_s = looks[-1] - duration_s
    assert 0 <= lateness_s <= max(0.8, min(0.04 * duration_s, 40.0)) + 1e-6


@given(DURATIONS_S, st.floats(min_value=0.0, max_value=7200.0))
def test_what_is_ready_by_the_deadline_is_a_success(duration_s: float, deadline_s: float) -> None:
    """There is a look exactly at the deadline, and none after it."""
    if duration_s <= deadline_s - 1e-6:
        _, looks = looks_until(duration_s, deadline_s)
        assert looks[-1] <= deadline_s + 1e-6
    elif duration_s > deadline_s + 1e-6:
        with pytest.raises(DeadlineError):
            looks_until(duration_s, deadline_s)


def test_the_deadline_says_what_was_last_seen() -> None:
    """The error of a passed deadline names subject, deadline and the last state."""
    time = VirtualTime()
    with pytest.raises(DeadlineError, match=r"run x: not ready after 10 s; last seen: PULLING") as caught:
        wait_until(
            lambda: "PULLING", lambda _: False, subject="run x", deadline_s=10, clock=time.clock, sleep=time.sleep
        )
    assert caught.value.last_seen == "PULLING"
    assert sum(time.slept_s) == pytest.approx(10)


def test_a_failed_state_ends_the_wait_at_once() -> None:
    """What the judge raises comes through without a sleep."""
    time = VirtualTime()

    def judge(state: str) -> bool:
        raise FailedStateError(f"it is {state}", state, "no quota")

    with pytest.raises(FailedStateError, match="it is FAILED"):
        wait_until(lambda: "FAILED", judge, subject="x", deadline_s=10, clock=time.clock, sleep=time.sleep)
    assert time.slept_s == []


def test_a_look_that_gets_no_answer_does_not_end_the_wait() -> None:
    """A minute without an answer is outlived, and the deadline would tell of it."""
    time = VirtualTime()
    answers = iter(["PENDING", ConnectionFailedError("gone"), "READY"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen: list[tuple[str, float]] = []
    state = wait_until(
        look,
        lambda state: state == "READY",
        subject="x",
        deadline_s=60,
        on_look=lambda state, elapsed_s: seen.append((state, elapsed_s)),
        clock=time.clock,
        sleep=time.sleep,
    )
    assert state == "READY"
    assert [state for state, _ in seen] == ["PENDING", "READY"]
    with pytest.raises(DeadlineError, match=r"last seen: nothing yet \(then: gone\)"):
        wait_until(
            lambda: (_ for _ in ()).throw(ConnectionFailedError("gone")),
            lambda _: True,
            subject="x",
            deadline_s=5,
            clock=time.clock,
            sleep=time.sleep,
        )


def test_a_deadline_says_the_last_state_whole_and_the_latest_failure_after_it() -> None:
    """A state's words are the service's, so they may look like ours."""
    time = VirtualTime()
    answers = iter(["FAILED (then: restarted)", ConnectionFailedError("gone"), ConnectionFailedError("gone again")])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    last_seen = "FAILED (then: restarted) (then: gone again)"
    with pytest.raises(DeadlineError, match=re.escape(f"last seen: {last_seen}. ")) as failure:
        wait_until(look, lambda _: False, subject="x", deadline_s=1.0, clock=time.clock, sleep=time.sleep)

    assert failure.value.last_seen == last_seen


def test_a_slow_look_does_not_delay_the_next_one() -> None:
    """Delays run from the beginning of one look to the beginning of the next."""
    time = VirtualTime()
    begun: list[float] = []

    def look() -> bool:
        begun.append(time.now_s - 1000.0)
        time.now_s += 0.3
        return len(begun) == 4

    wait_until(look, bool, subject="x", deadline_s=60, clock=time.clock, sleep=time.sleep)
    assert begun == pytest.approx([0.0, 0.8, 1.6, 2.4])
