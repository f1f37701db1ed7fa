"""Looking at processes again and again while something is measured."""

from abc import ABC, abstractmethod
from threading import Event, Thread
from typing import Self

LOOK_EVERY_S = 0.2


class Sampling(ABC):
    """Calls `look` every `LOOK_EVERY_S` seconds in a thread of its own while the block lasts."""

    def __init__(self) -> None:
        """Begin when the block does."""
        self._ended = Event()
        self._thread = Thread(target=self._sample)

    @abstractmethod
    def look(self) -> None:
        """Take one sample."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()
