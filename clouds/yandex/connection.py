"""What all services of one folder share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import httpx

from clouds.errors import NotFoundError
from clouds.polling import wait_until
from clouds.recorder import Recorder
from clouds.redaction import Redaction
from clouds.yandex.assumptions import Assumptions
from clouds.yandex.auth import Authorizer
from clouds.yandex.channel import Calls, Channels
from clouds.yandex.wire.endpoints import Endpoints

Seen = TypeVar("Seen")


@dataclass(frozen=True, repr=False)
class Connection:
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

    def wait_visible(self, look: Callable[[], Seen], *, subject: str) -> Seen:
        """Return what was just created as soon as it can be read back; until then NOT_FOUND counts as nothing yet.

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
            lambda seen: seen is not None,
            subject=subject,
            deadline_s=self.visible_within_s,
            describe=lambda seen: "not there" if seen is None else "there",
            clock=self.clock,
            sleep=self.sleep,
        )
        assert seen is not None  # noqa: S101  # the judge saw to it
        return seen
