"""What was asked and answered: method, host, path, status. Never a body, never a header that authorises, no query."""

import threading
from collections import deque

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

LIMIT = 100_000
READING_HOSTS = (
    "iam.api.cloud.ru",
    "auth.iam.cloud.ru",
    "modelrun.inference.cloud.ru",
    "foundation-models.api.cloud.ru",
    "managed-rag.inference.cloud.ru",
    "iam.api.cloud.yandex.net",
)
"""Hosts where a POST changes nothing: it asks for a token, an inference or an answer."""
READING_PATHS = ("/foundationModels/v1/textEmbedding", "/v1/embeddings", "/search")
"""Ends of paths where a POST changes nothing."""
SERVICE_AGENT = "sandbox-service"
"""User-Agent with which one service of the sandbox asks another."""


class LoggedRequest(TypedDict):
    """One request; `mutating`: it may change the project; `internal`: a service of the sandbox asked, not a client."""

    method: str
    host: str
    path: str
    status: int
    at: str
    request_id: str
    mutating: bool
    internal: bool


def is_mutating(method: str, host: str, path: str) -> bool:
    """Whether a request of this method to this host and path may change the project."""
    changes = method in ("POST", "PUT", "PATCH", "DELETE")
    return changes and not host.endswith(READING_HOSTS) and not path.endswith(READING_PATHS)


class RequestLog:
    """The newest requests, oldest first, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=LIMIT)

    def add(self, entry: LoggedRequest) -> None:
        """Note one request after it was answered; status 0 means that no answer was sent."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[LoggedRequest]:
        """Return all of them."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._entries.clear()
