"""Permits come as fast as allowed and never faster."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from clouds.yandex.embedding.rate_limit import SPARE, RateLimit
from tests.support.virtual_time import VirtualTime


@pytest.mark.parametrize("per_second", [1, 2, 3, 10, 50])
def test_no_second_has_more_than_is_allowed(time: VirtualTime, per_second: int) -> None:
    """Any permit is more than a second after the one that many before it, and the rate is nearly reached."""
    limit = RateLimit(per_second, clock=time.clock, sleep=time.sleep)
    given_s: list[float] = []
    for _ in range(20 * per_second):
        with limit.permit():
            given_s.append(time.now_s)
    gaps_s = [later - earlier for earlier, later in zip(given_s, given_s[per_second:], strict=False)]
    assert min(gaps_s) > 1.0
    reached = (len(given_s) - per_second) / (given_s[-1] - given_s[per_second - 1])
    assert 0.95 * per_second <= reached <= per_second


def test_permits_are_spread_over_the_second(time: VirtualTime) -> None:
    """The calls of a second do not all come at its beginning."""
    limit = RateLimit(10, clock=time.clock, sleep=time.sleep)
    given_s: list[float] = []
    for _ in range(50):
        with limit.permit():
            given_s.append(time.now_s)
    assert min(later - earlier for earlier, later in pairwise(given_s)) >= 0.08


def test_threads_share_one_limit(time: VirtualTime) -> None:
    """80 permits take seven windows of ten, however many ask for them."""
    limit = RateLimit(10, clock=time.clock, sleep=time.sleep)
    begun_s = time.now_s

    def call(_: int) -> None:
        with limit.permit():
            """Send."""

    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(call, range(80)):
            pass
    assert 7 * (1 + SPARE) <= time.now_s - begun_s <= 80 / 9.5


def test_a_pause_is_not_saved_up(time: VirtualTime) -> None:
    """After an idle hour a second has no more permits than any other."""
    limit = RateLimit(5, clock=time.clock, sleep=time.sleep)
    with limit.permit():
        time.now_s += 3600
    time.now_s += 3600
    begun_s = time.now_s
    for _ in range(6):
        with limit.permit():
            """Send."""
    assert time.now_s - begun_s > 1.0


def test_a_sleep_that_is_too_short_gives_nothing_away() -> None:
    """The permit is counted at the time at which it is given, not at the time for which it was planned."""
    now_s = [0.0]
    sleeps = [0]

    def sleep(seconds: float) -> None:
        sleeps[0] += 1
        now_s[0] += seconds / 2 if sleeps[0] % 2 else seconds + 0.05

    limit = RateLimit(2, clock=lambda: now_s[0], sleep=sleep)
    given_s: list[float] = []
    for _ in range(40):
        with limit.permit():
            given_s.append(now_s[0])
    assert min(later - earlier for earlier, later in zip(given_s, given_s[2:], strict=False)) > 1.0


def test_a_call_counts_from_when_it_was_sent(time: VirtualTime) -> None:
    """A thread that loses the processor between permit and call does not let the calls after it come too early."""
    limit = RateLimit(2, clock=time.clock, sleep=time.sleep)
    sent_s: list[float] = []
    for number in range(40):
        with limit.permit():
            time.now_s += 0.4 if number % 3 == 0 else 0.0
            sent_s.append(time.now_s)
    assert min(later - earlier for earlier, later in zip(sent_s, sent_s[2:], strict=False)) > 1.0
