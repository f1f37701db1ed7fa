"""The one way to wait: look, judge, check the clock, sleep, in that order, so that the last look can be a success."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from clouds.errors import APIError, ConnectionFailedError, DeadlineError, QuotaError, UnavailableError

State = TypeVar("State")
OnLook = Callable[[State, float], None]
"""Called after every look with the state that was seen and the seconds since the start."""

PASSING = (ConnectionFailedError, UnavailableError, QuotaError)
"""A look that ends in one of these saw nothing: an hour's wait outlives a minute in which a service cannot answer."""


LEAST_ANSWER_S = 5.0
"""A look that begins at the deadline itself may still take so long."""
_LEFT_S: ContextVar[Callable[[], float] | None] = ContextVar("left_s", default=None)


def left_s() -> float | None:
    """Return the seconds that the wait around this call has left, None outside of a wait.

    What a look sends obeys it: no pause between two tries, Retry-After included, goes beyond the deadline.
    """
    left = _LEFT_S.get()
    return None if left is None else left()


@contextmanager
def _ending_within(deadline_s: float, clock: Callable[[], float]) -> Generator[None]:
    """Let `left_s` count down; a wait inside another ends with the outer one at the latest."""
    outer, end_s = _LEFT_S.get(), clock() + deadline_s

    def left() -> float:
        own_s = max(0.0, end_s - clock())
        return own_s if outer is None else min(own_s, outer())

    token = _LEFT_S.set(left)
    try:
        yield
    finally:
        _LEFT_S.reset(token)


@dataclass(frozen=True)
class Schedule:
    """When to look again: after `fraction` of the time waited so far, at least `floor_s`, at most `ceiling_s`.

    What we promise is to be at most 1 s or 5 % of the wait late, whichever is more. These defaults keep to 0.8 of that,
    so that the looks themselves may take 0.2 s each, and to 40 s in a long wait. A wait of W seconds costs 25 looks for
    its first 20 s, then ln(W / 20) / ln(1.04), and from 1000 s on one each 40 s: 190 in an hour, where every 10 s costs
    360. Below about 1300 s it costs more than every 10 s: no schedule keeps the promise there with fewer looks than its
    gaps allow, and every 10 s, up to 10 s late, breaks it. `python -m bench.waiting` has the table.
    """

    floor_s: float = 0.8
    fraction: float = 0.04
    ceiling_s: float = 40.0

    def delay_s(self, elapsed_s: float) -> float:
        """Seconds from the look that was begun `elapsed_s` after the start to the next one."""
        return max(self.floor_s, min(self.ceiling_s, self.fraction * elapsed_s))


def wait_until(
    look: Callable[[], State],
    judge: Callable[[State], bool],
    *,
    subject: str,
    deadline_s: float,
    describe: Callable[[State], str] = str,
    on_look: OnLook[State] | None = None,
    schedule: Schedule = Schedule(),
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> State:
    """Return the first state that `judge` calls ready.

    `judge` returns True when ready, False to go on, and raises (FailedStateError) when waiting is useless. A look that
    fails in passing (no answer, 5xx, 429) counts as not ready. The last sleep is cut so that one look falls exactly on
    the deadline. Delays run from look to look: a slow look does not make the next one later. What a service asks for in
    Retry-After makes it later, up to the deadline.

    Raises:
        DeadlineError: not ready `deadline_s` seconds after the start; says what was last seen.

    """
    with _ending_within(deadline_s, clock):
        return _wait(look, judge, subject, deadline_s, describe, on_look, schedule, clock, sleep)


def _wait(
    look: Callable[[], State],
    judge: Callable[[State], bool],
    subject: str,
    deadline_s: float,
    describe: Callable[[State], str],
    on_look: OnLook[State] | None,
    schedule: Schedule,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> State:
    start = clock()
    last_state, failed_since = "nothing yet", ""
    final = deadline_s <= 0
    while True:
        begun_s = clock() - start
        asked_for_s = 0.0
        try:
            seen = look()
        except PASSING as error:
            failed_since = f" (then: {error})"  # both help the reader of the deadline
            asked_for_s = (error.retry_after_s if isinstance(error, APIError) else None) or 0.0
        else:
            last_state, failed_since = describe(seen), ""
            if on_look is not None:
                on_look(seen, clock() - start)
            if judge(seen):
                return seen
        elapsed_s = clock() - start
        if final or elapsed_s >= deadline_s:
            last_seen = last_state + failed_since
            raise DeadlineError(
                f"{subject}: not ready after {deadline_s:g} s; last seen: {last_seen}. "
                "It may still become ready: run again to go on waiting, with a longer deadline if this is usual.",
                last_seen,
            )
        next_s = max(begun_s + schedule.delay_s(begun_s), elapsed_s + asked_for_s)
        final = next_s >= deadline_s
        sleep(max(0.0, min(next_s, deadline_s) - elapsed_s))
