"""What all services of one folder share."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
import httpx

from clouds.recorder import Recorder
from clouds.redaction import Redaction
from clouds.waits import Waits
from clouds.yandex.assumptions import Assumptions
from clouds.yandex.auth import Authorizer
from clouds.yandex.channel import Calls, Channels
from clouds.yandex.wire.endpoints import Endpoints


@dataclass(frozen=True, repr=False)
class Connection(Waits):
    """Authorized calls, the channels to send them on, plain HTTP, the folder and the clock. Holds no key itself."""

    calls: Calls
    authorizer: Authorizer
    """For what is not sent through `calls`: REST."""
    channels: Channels
    http: httpx.Client
    """For what needs no authorization: presigned URLs."""
    folder_id: str
    endpoints: Endpoints
    assumptions: Assumptions
    redaction: Redaction
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    recorder: Recorder | None = None
    """Keeps what REST answers; `calls` have their own."""

    @property
    def llm(self) -> grpc.Channel:
        """The channel to datasets, tunings and embeddings."""
        return self.channels.to(self.endpoints.llm)

    @property
    def assistant(self) -> grpc.Channel:
        """The channel to files and search indexes."""
        return self.channels.to(self.endpoints.assistant)

    @property
    def visible_within_s(self) -> float:
        """Seconds within which something new is listed."""
        return self.assumptions.connection.visible_within_s
