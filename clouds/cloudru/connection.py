"""What all services of one project share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.errors import NotFoundError
from clouds.polling import OnLook, wait_until
from clouds.redaction import Redaction
from clouds.transport import Transport

Seen = TypeVar("Seen")


@dataclass(frozen=True, repr=False)
class Connection:
    """An authenticated transport, where to send, for which project, and the clock. Holds no key itself."""

    transport: Transport
    project_id: str
    endpoints: Endpoints
    assumptions: Assumptions
    redaction: Redaction
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def visible_within_s(self) -> float:
        """Seconds within which something new is listed."""
        return self.assumptions.connection.visible_within_s

    def wait_visible(self, look: Callable[[], Seen], judge: Callable[[Seen], bool], *, subject: str) -> Seen:
        """Return what a change that was accepted looks like once it can be read back; seconds, not the change itself.

        Raises:
            DeadlineError: not within `assumptions.connection.visible_within_s`.

        """

        def patiently() -> Seen | None:
            try:
                return look()
            except NotFoundError:
                return None

        seen = wait_until(
            patiently,
            lambda seen: seen is not None and judge(seen),
            subject=subject,
            deadline_s=self.visible_within_s,
            describe=lambda seen: "not there" if seen is None else "as before",
            clock=self.clock,
            sleep=self.sleep,
        )
        assert seen is not None  # noqa: S101  # the judge saw to it
        return seen

    def wait_gone(
        self,
        look: Callable[[], Seen],
        gone: Callable[[Seen], bool],
        *,
        subject: str,
        deadline_s: float | None = None,
        describe: Callable[[Seen], str] = str,
        on_look: OnLook | None = None,
    ) -> None:
        """Wait until `look` finds nothing (404), or `gone` says that what it found is as good as nothing.

        Raises:
            DeadlineError: not within `deadline_s`; left out: within `assumptions.connection.visible_within_s`.

        """

        def patiently() -> Seen | None:
            try:
                return look()
            except NotFoundError:
                return None

        def words(seen: Seen | None) -> str:
            return "gone" if seen is None else describe(seen)

        wait_until(
            patiently,
            lambda seen: seen is None or gone(seen),
            subject=subject,
            deadline_s=self.visible_within_s if deadline_s is None else deadline_s,
            describe=words,
            on_look=None if on_look is None else lambda seen, elapsed_s: on_look(words(seen), elapsed_s),
            clock=self.clock,
            sleep=self.sleep,
        )
