"""What routers and rules share: one object that holds the services, their state and their clock."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.cloudru.rules.iam import SERVICE_ACCOUNT, Iam
from sandbox.faults import Faults
from sandbox.keys import read_or_create_key
from sandbox.lifecycle import Clock
from sandbox.request_log import RequestLog
from sandbox.settings import Settings, SettingsStore
from sandbox.state import State

INTERNAL_TOKEN_LIFETIME_S = 600


class Services:
    """The sandbox without HTTP. `base_url` is where it answers, for calls from one service to another."""

    def __init__(self, data_dir: Path, base_url: str = "", clock: Clock | None = None) -> None:
        self.data_dir, self.base_url = data_dir, base_url
        self.clock = clock or Clock()
        self.state = State(data_dir / "state.sqlite")
        self.settings_store = SettingsStore(self.state)
        self.faults = Faults()
        self.request_log = RequestLog()
        self.executor = ThreadPoolExecutor(thread_name_prefix="background")
        self.iam = Iam(read_or_create_key(data_dir / "token.key"), self.settings_store, self.clock)

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self.settings_store.current

    def internal_bearer(self) -> str:
        """Return a fresh token with which one service calls another: the value of an Authorization header."""
        return f"Bearer {self.iam.issue(SERVICE_ACCOUNT, INTERNAL_TOKEN_LIFETIME_S)}"

    def internal_url(self, vendor_url: str) -> str:
        """Return where this sandbox answers for a vendor URL."""
        return f"{self.base_url}/{vendor_url.removeprefix('https://')}"

    def background(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start work that outlives the request."""
        return self.executor.submit(work, *arguments)

    def close(self) -> None:
        """Let background work that has not begun go, and close the state."""
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.state.close()
