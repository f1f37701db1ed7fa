"""A quota of requests per second."""

import threading
from collections.abc import Callable

import grpc

from sandbox.yandex.refusal import YandexRefusal


class RateQuota:
    """A bucket of one second's requests that fills all the time: what comes evenly is never refused."""

    def __init__(self, name: str, per_second: Callable[[], int], clock: Callable[[], float]) -> None:
        self._name, self._per_second, self._clock = name, per_second, clock
        self._left, self._filled_at = float(per_second()), clock()
        self._taking = threading.Lock()

    def take(self) -> None:
        """Count a request, or refuse with RESOURCE_EXHAUSTED. Source of the text: langchain-ai/langchain#19773."""
        with self._taking:
            limit, now = self._per_second(), self._clock()
            self._left = min(limit, self._left + max(0.0, now - self._filled_at) * limit)
            self._filled_at = now
            if self._left < 1:
                raise YandexRefusal(
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    f"{self._name} rate quota limit exceed: allowed {limit} requests",
                )
            self._left -= 1
