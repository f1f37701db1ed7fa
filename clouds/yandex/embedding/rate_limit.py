"""Calls in a second, kept over all threads of a client.

pyrate-limiter keeps the sliding log and says how long to wait; the waiting is ours. Its own `Limiter` (4.5) sleeps by
the real clock, starts a thread, lets all calls of a second go at once, and counts a permit at the time for which it was
planned and not at which it was given, so that a sleep more than 50 ms late lets one call too many into a second.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from pyrate_limiter import InMemoryBucket, Rate, RateItem

SPARE = 0.03
"""The window is longer than a second by this part, so that calls which the network brings closer together do not
become one too many where they arrive. It costs 3 % of the rate."""
EVEN = 0.8
"""Permits are at least this part of an even spacing apart: the calls of a window do not all come at its beginning."""
MS_PER_S = 1000


class RateLimit:
    """Gives at most `per_second` permits in any second, evenly. Safe under threads."""

    def __init__(
        self,
        per_second: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Give the first permit at once; `clock` tells seconds."""
        window_ms = round(MS_PER_S * (1 + SPARE))
        rates = [Rate(per_second, window_ms)]
        if per_second > 1:
            rates.append(Rate(1, round(EVEN * window_ms / per_second)))
        self._bucket = InMemoryBucket(rates)
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()

    @contextmanager
    def permit(self) -> Generator[None]:
        """Wait until the next call may be sent, and send it inside the block: it counts from the block's end.

        A thread may lose the processor between permit and call; so the block is part of the turn, and the others queue
        behind it. It must send and not wait for the answer.
        """
        with self._turn:
            permit = self._wait()
            try:
                yield
            finally:
                permit.timestamp = self._now_ms()  # the bucket holds this very item

    def _wait(self) -> RateItem:
        while True:
            permit = RateItem("call", self._now_ms())
            self._bucket.leak(permit.timestamp)
            if self._bucket.put(permit):
                return permit
            wait_ms = self._bucket.waiting(permit)
            assert isinstance(wait_ms, int)  # noqa: S101  # a bucket in memory answers at once
            self._sleep(max(1, wait_ms) / MS_PER_S)

    def _now_ms(self) -> int:
        return int(self._clock() * MS_PER_S)
