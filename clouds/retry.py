"""The one way to repeat a request: how often, how long after the first try, and how long the pauses are.

What may be repeated is the sender's to say, by the error that it raises: `Transport` for HTTP, `Calls` for gRPC,
`PresignedUrls` for the slices of a dataset, `Transfer` for Object Storage. A wait repeats its looks: `clouds.polling`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from clouds.errors import CloudError
from clouds.polling import left_s

Answer = TypeVar("Answer")

ATTEMPTS = 3
PASSING_STATUSES = frozenset({429, 502, 503, 504})
FIRST_BACKOFF_S = 1.0
LONGEST_RETRY_AFTER_S = 120.0
"""A service that asks for a longer pause is not asked again: its error is raised at once."""


class RepeatableError(Exception):
    """Carries the error of a try that may be made again, and the seconds that the service asks to wait before."""

    def __init__(self, error: CloudError, wait_s: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.wait_s = wait_s


@dataclass(frozen=True)
class Retries:
    """At most `attempts` tries, none begun `within_s` seconds or more after the first, on the caller's clock.

    Between two tries it sleeps a random time between 0 and 1, 2, 4, ... s up to `longest_pause_s` (full jitter, so that
    parallel steps do not come back together), or what Retry-After asks. Inside a wait no pause goes beyond its
    deadline.
    """

    attempts: int = ATTEMPTS
    within_s: float = math.inf
    longest_pause_s: float = 4.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def of(self, send: Callable[[], Answer]) -> Answer:
        """Return what `send` returns; it raises RepeatableError where it may be called again.

        Raises:
            CloudError: that of the last try.

        """
        end_s = self.clock() + self.within_s
        retrying = tenacity.Retrying(
            stop=lambda state: state.attempt_number >= self.attempts or self._is_late(state.upcoming_sleep, end_s),
            wait=self._pause_s,
            retry=tenacity.retry_if_exception_type(RepeatableError),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(send)
        except RepeatableError as last:
            raise last.error from last.__cause__

    def _is_late(self, pause_s: float, end_s: float) -> bool:
        left = left_s()
        return self.clock() + pause_s > end_s or (left is not None and pause_s >= left)

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RepeatableError) and error.wait_s is not None:
            return error.wait_s
        return tenacity.wait_random_exponential(multiplier=FIRST_BACKOFF_S, max=self.longest_pause_s)(state)


def asked_to_wait_s(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header asks for: it holds seconds or an HTTP date (RFC 9110, 10.2.3)."""
    value = retry_after.strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
