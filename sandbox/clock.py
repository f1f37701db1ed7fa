"""The time of the sandbox, and how a time is written."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970 that can be moved forward, so that a test need not wait."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead_s = 0.0

    def __call__(self) -> float:
        """Return the time now, seconds since 1970."""
        return self._source() + self._ahead_s

    def advance(self, seconds: float) -> float:
        """Move forward and return the time now."""
        self._ahead_s += seconds
        return self()

    def reset(self) -> float:
        """Go back to the real time, which the object store never left, and return it."""
        self._ahead_s = 0.0
        return self()


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with microseconds, as the services write times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
