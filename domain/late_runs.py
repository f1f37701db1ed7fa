"""Suspend and resume by schedule: what was due last is wanted, and a late run of the other flow is not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.stack import RagStack

OPPOSITES = ("suspend-rag", "resume-rag")
DEFAULT_CLOUD = "sandbox"


@dataclass(frozen=True)
class DueRun:
    """A run that a schedule has made: its flow, when it was due, and the stack that it is about."""

    flow: str
    due_at: datetime
    cloud: str
    stack: str

    @classmethod
    def of(cls, flow: str, due_at: datetime, parameters: Mapping[str, Any]) -> "DueRun":
        """Return it from the parameters as the server holds them: what is left out has the flow's default."""
        stack: Any = parameters.get("stack", {})
        if isinstance(stack, Mapping):
            base: Any = stack.get("knowledge_base") or {}
            stack = base.get("name", RagStack().knowledge_base.name)
        return cls(flow, due_at, str(parameters.get("cloud", DEFAULT_CLOUD)), str(stack))


def overtaken_by(run: DueRun, others: Iterable[DueRun], now: datetime) -> DueRun | None:
    """Return the run of the opposite flow that was due last before now, and later than this run; else None.

    Others that are about another stack, or another cloud, or not due yet say nothing.
    """
    due = [
        other
        for other in others
        if other.flow in OPPOSITES
        and (other.cloud, other.stack) == (run.cloud, run.stack)
        and run.due_at < other.due_at <= now
    ]
    last = max(due, key=lambda other: other.due_at, default=None)
    return last if last is not None and last.flow != run.flow else None
