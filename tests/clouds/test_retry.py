"""Tries are counted, and the pauses between them bounded, in one way for every sender."""

import pytest

from clouds.errors import ConnectionFailedError, DeadlineError, UnavailableError
from clouds.polling import wait_until
from clouds.retry import RepeatableError, Retries
from tests.support.virtual_time import VirtualTime


def failing(asked: list[int], wait_s: float | None = None) -> int:
    """Note a try and fail in passing."""
    asked.append(len(asked))
    raise RepeatableError(UnavailableError("busy", 503), wait_s)


def test_the_error_of_the_last_try_comes_through(time: VirtualTime) -> None:
    """Three tries, two pauses, and no sign of the error that carried it."""
    asked: list[int] = []

    with pytest.raises(UnavailableError, match="busy"):
        Retries(clock=time.clock, sleep=time.sleep).of(lambda: failing(asked))

    assert len(asked) == 3
    assert [pause_s <= bound_s for pause_s, bound_s in zip(time.slept_s, (1, 2), strict=True)] == [True, True]


def test_no_try_begins_too_late(time: VirtualTime) -> None:
    """A pause of 40 s that the service asks for leaves room for three tries in 100 s, not for five."""
    asked: list[int] = []

    with pytest.raises(UnavailableError):
        Retries(5, 100.0, clock=time.clock, sleep=time.sleep).of(lambda: failing(asked, 40.0))

    assert len(asked) == 3
    assert time.slept_s == [40.0, 40.0]


def test_an_error_that_nobody_calls_repeatable_ends_it(time: VirtualTime) -> None:
    """The second try is the last one."""
    answers = iter([RepeatableError(UnavailableError("busy", 503)), ConnectionFailedError("gone")])

    def send() -> None:
        raise next(answers)

    with pytest.raises(ConnectionFailedError, match="gone"):
        Retries(sleep=time.sleep).of(send)

    assert len(time.slept_s) == 1


def test_inside_a_wait_no_pause_goes_beyond_its_deadline(time: VirtualTime) -> None:
    """A look at the deadline is one try, whatever the service asks for."""
    asked: list[int] = []

    with pytest.raises(DeadlineError):
        wait_until(
            lambda: Retries(clock=time.clock, sleep=time.sleep).of(lambda: failing(asked, 30.0)),
            bool,
            subject="x",
            deadline_s=0.0,
            clock=time.clock,
            sleep=time.sleep,
        )

    assert len(asked) == 1
    assert time.slept_s == []
