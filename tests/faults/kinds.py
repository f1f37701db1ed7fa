"""The faults of a hostile network, as data: what the sandbox is ordered to do to the next request of an operation."""

from dataclasses import dataclass
from typing import Any

TRY_S = 3.0
"""How long the clients of these tests wait for one answer; a hang is longer."""
HANGS_S = TRY_S + 0.5
LISTED_AFTER_S = 1.0
VISIBLE_WITHIN_S = 4.0
"""What the clients of these tests assume: longer than a hang, after which the request is carried out all the same."""


@dataclass(frozen=True)
class Kind:
    """A fault; `settings` of the sandbox that go with it, `only` the methods that it makes sense for."""

    name: str
    order: dict[str, Any]
    settings: dict[str, Any]
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _kind(name: str, /, *, only: tuple[str, ...] = (), settings: dict[str, Any] | None = None, **order: Any) -> Kind:
    return Kind(name, order, settings or {}, only)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("429", status=429, retry_after_s=1),
        *(_kind(str(status), status=status) for status in (500, 501, 502, 503, 504)),
        _kind("hang", delay_s=HANGS_S),
        _kind("reset", drop="before"),
        _kind("truncated", mangle="truncated"),
        _kind("lost", drop="after"),
        _kind("lost-late", drop="after", settings={"listed_after_s": LISTED_AFTER_S}, only=("POST",)),
        _kind("malformed", mangle="malformed"),
        _kind("empty", mangle="empty_object"),
        _kind("page", mangle="page"),
        _kind("gzip", mangle="broken_gzip"),
        _kind("twice", twice=True, only=("POST", "PUT", "PATCH", "DELETE")),
    )
}
TWO_IN_A_ROW = ("503", "lost", "hang")
"""Faults that also hit twice."""
FOR_EVER = 100_000
PERMANENT = "503"
"""The fault that never passes."""
DEADLINE_S = 12
"""Of every wait in a run that meets it."""
ENDS_WITHIN_S = 90.0
"""A run with its tries, its looks after a lost create and its wait; loaded machines are slow."""
