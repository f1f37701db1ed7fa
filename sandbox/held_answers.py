"""Answers that are held back after the work was done, until a test releases them."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, InvalidStateError


class HeldAnswers:
    """Answers that are kept back although the work was done, of the event loop's requests and of gRPC's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[Future[None]] = set()
        self._looking: set[Future[None]] = set()

    async def hold(self) -> None:
        """Return when it is released."""
        with self._holding() as released:
            await asyncio.wrap_future(released)

    def hold_here(self, when_gone: Callable[[Callable[[], None]], bool]) -> None:
        """Block this thread until it is released, or its caller is gone.

        `when_gone` registers what to do when the caller goes, and returns whether the caller is still there.
        """
        with self._holding() as released:
            if when_gone(lambda: _resolve(released)):
                released.result()

    async def wait(self, within_s: float) -> int:
        """Return how many are held, as soon as one is, and 0 when none is in time."""
        look: Future[None] = Future()
        with self._lock:
            self._looking.add(look)
            if self._held:
                _resolve(look)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(look), within_s)
        with self._lock:
            self._looking.discard(look)
            return len(self._held)

    def release(self) -> None:
        """Let all of them go."""
        with self._lock:
            for released in self._held:
                _resolve(released)

    @contextlib.contextmanager
    def _holding(self) -> Generator[Future[None]]:
        released: Future[None] = Future()
        with self._lock:
            self._held.add(released)
            for look in self._looking:
                _resolve(look)
        try:
            yield released
        finally:
            with self._lock:
                self._held.discard(released)


def _resolve(future: Future[None]) -> None:
    with contextlib.suppress(InvalidStateError):  # two may resolve it at once, or its waiter has gone
        future.set_result(None)
