"""What was put in service and is not there any more ends a run as failed: it is no stack that was never there."""

from collections.abc import Iterable

from clouds.errors import FailedStateError
from tasks.upkeep.expected import Expected


def vanished(found: Iterable[Expected]) -> tuple[str, ...]:
    """Return in words what was put in service and is gone without an explanation."""
    return tuple(str(each) for each in found if each.vanished)


def refuse_vanished(words: Iterable[str]) -> None:
    """End the run as failed when something has vanished.

    Raises:
        FailedStateError: it has; names it.

    """
    missing = tuple(words)
    if missing:
        raise FailedStateError(
            f"expected and not found: {'; '.join(missing)}. It was in service, and no teardown-rag deleted it: look "
            "into the audit log of the project and at its bill before you take it for gone. teardown-rag deletes what "
            "is left of the stack and forgets the rest; provision-rag builds it anew",
            list(missing),
            "vanished",
        )
