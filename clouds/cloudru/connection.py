"""What all services of one project share."""

from collections.abc import Callable
from dataclasses import dataclass

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.redaction import Redaction
from clouds.transport import Transport
from clouds.waits import Waits


@dataclass(frozen=True, repr=False)
class Connection(Waits):
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
