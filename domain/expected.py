"""What the stacks that are kept expect to be in the cloud, and whether it is there."""

from collections.abc import Iterable
from typing import Literal

from clouds.errors import FailedStateError
from domain.part import Part

ExpectedKind = Literal["bucket", "secret", "inference", "replaced model", "knowledge base"]


NAMES = {"inference": "model run", "replaced model": "model run"}


class Expected(Part):
    """A resource of a stack that is kept. `serves`: it was put in service; `explained`: a teardown-rag deletes it.

    deleted: the service itself lists it as deleted. missing: it left no trace.
    """

    stack: str
    kind: ExpectedKind
    name: str
    state: Literal["there", "deleted", "missing"]
    serves: bool
    explained: bool = False

    @property
    def vanished(self) -> bool:
        """Whether it was in service and is gone without an explanation."""
        return self.serves and self.state == "missing" and not self.explained

    def __str__(self) -> str:
        """Name it in words."""
        return f"the {NAMES.get(self.kind, self.kind)} {self.name} of {self.stack}"


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
