"""What all services of one project share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.redaction import Redaction
from clouds.transport import Transport


@dataclass(frozen=True, repr=False)
class Connection:
    """An authenticated transport, where to send, for which project, and the clock. Holds no key itself."""

    transport: Transport
    project_id: str
    endpoints: Endpoints = Endpoints()
    assumptions: Assumptions = Assumptions()
    redaction: Redaction = field(default_factory=Redaction)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
