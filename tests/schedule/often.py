"""Two deployments whose schedules are due every few seconds."""

from typing import Any

from tests.support.operated import entry

LOOKS, SUSPENDS = "status-rag/often", "suspend-rag/often"


def often(slug: str, interval_s: float, *, active: bool) -> dict[str, Any]:
    """Return a schedule as deployments.yaml has it."""
    return {"schedules": [{"slug": slug, "interval": interval_s, "active": active}]}


def entries(description: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both: the one that looks is on, the one that suspends is off."""
    return (
        entry("status_rag", "often", description=description, **often("often", 6, active=True)),
        entry("suspend_rag", "often", description=description, **often("often", 4, active=False)),
    )
