"""The waits of a client: `clouds.polling` on the connection's clock."""

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
        on_look: OnLook[Seen] | None = None,
        schedule: Schedule = USUAL,
    ) -> Seen:
        """Return the first state that `judge` calls ready; an error says in `words` what was last seen."""
        return wait_until(
            look,
            judge,
            subject=subject,
            deadline_s=deadline_s,
            describe=words,
            on_look=on_look,
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
        on_look: OnLook[str] | None = None,
    ) -> None:
        """Wait until `look` finds nothing (404), or `gone` says that what it found is as good as nothing.

        Without `deadline_s` it waits `visible_within_s`.
        """

        def described(seen: Seen | None) -> str:
            return "gone" if seen is None else words(seen)

        self.wait(
            lambda: _found(look),
            lambda seen: seen is None or gone(seen),
            subject=subject,
            deadline_s=self.visible_within_s if deadline_s is None else deadline_s,
            words=described,
            on_look=in_words(on_look, described),
        )


def in_words(on_look: OnLook[str] | None, words: Callable[[Seen], str]) -> OnLook[Seen] | None:
    """Return what tells `on_look` each state in words."""
    if on_look is None:
        return None

    def on_state(seen: Seen, elapsed_s: float) -> None:
        on_look(words(seen), elapsed_s)

    return on_state


def _found(look: Callable[[], Seen]) -> Seen | None:
    try:
        return look()
    except NotFoundError:
        return None
