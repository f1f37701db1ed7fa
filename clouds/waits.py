"""The waits of a client: `clouds.polling` on the connection's clock, with what was seen in words."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from clouds.errors import NotFoundError
from clouds.polling import OnLook, Schedule, wait_until

Seen = TypeVar("Seen")
USUAL = Schedule()


class Waits(ABC):
    """Base of the connections. A wait raises DeadlineError when what it waits for is not seen in time."""

    clock: Callable[[], float]
    """Seconds that only grow."""
    sleep: Callable[[float], None]

    @property
    @abstractmethod
    def visible_within_s(self) -> float:
        """Seconds within which something new is listed, or read back: an assumption."""

    def wait(
        self,
        look: Callable[[], Seen],
        judge: Callable[[Seen], bool],
        *,
        subject: str,
        deadline_s: float,
        words: Callable[[Seen], str] = str,
        describe: Callable[[Seen], str] | None = None,
        on_look: OnLook | None = None,
        schedule: Schedule = USUAL,
    ) -> Seen:
        """Return the first state that `judge` calls ready; `on_look` gets its `words`, an error its `describe`."""
        return wait_until(
            look,
            judge,
            subject=subject,
            deadline_s=deadline_s,
            describe=describe or words,
            on_look=None if on_look is None else lambda seen, elapsed_s: on_look(words(seen), elapsed_s),
            schedule=schedule,
            clock=self.clock,
            sleep=self.sleep,
        )

    def wait_visible(
        self, look: Callable[[], Seen], judge: Callable[[Seen], bool] = lambda _: True, *, subject: str
    ) -> Seen:
        """Return what a change that was accepted looks like once it can be read back; until then 404 is nothing yet."""
        seen = self.wait(
            lambda: _found(look),
            lambda seen: seen is not None and judge(seen),
            subject=subject,
            deadline_s=self.visible_within_s,
            words=lambda seen: "not there" if seen is None else "as before",
        )
        assert seen is not None  # noqa: S101  # the judge saw to it
        return seen

    def wait_gone(
        self,
        look: Callable[[], Seen],
        gone: Callable[[Seen], bool] = lambda _: False,
        *,
        subject: str,
        deadline_s: float | None = None,
        words: Callable[[Seen], str] = str,
        on_look: OnLook | None = None,
    ) -> None:
        """Wait until `look` finds nothing (404), or `gone` says that what it found is as good as nothing.

        Without `deadline_s` it waits `visible_within_s`.
        """
        self.wait(
            lambda: _found(look),
            lambda seen: seen is None or gone(seen),
            subject=subject,
            deadline_s=self.visible_within_s if deadline_s is None else deadline_s,
            words=lambda seen: "gone" if seen is None else words(seen),
            on_look=on_look,
        )


def _found(look: Callable[[], Seen]) -> Seen | None:
    try:
        return look()
    except NotFoundError:
        return None
