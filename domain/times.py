"""When the steps of a run were at work, and which of them decided when it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class StepTime:
    """When a step ran; `upstream` are the ids of the steps whose results it used."""

    id: UUID
    name: str
    started_at: datetime
    ended_at: datetime
    upstream: frozenset[UUID]

    @property
    def duration_s(self) -> float:
        """Seconds it ran."""
        return (self.ended_at - self.started_at).total_seconds()


def critical_path(times: Iterable[StepTime]) -> list[StepTime]:
    """Return the chain of steps that decided when the last one ended, in order of time.

    From the step that ended last, go back to the one among its upstream steps that ended last, and so on. A step is in
    the chain once, also where two steps name each other.
    """
    by_id = {time.id: time for time in times}
    path: list[StepTime] = []
    current = max(by_id.values(), key=lambda time: time.ended_at, default=None)
    while current is not None:
        path.append(by_id.pop(current.id))
        current = max((by_id[i] for i in current.upstream if i in by_id), key=lambda time: time.ended_at, default=None)
    return path[::-1]
