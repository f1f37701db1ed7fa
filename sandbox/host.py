"""What every service is built on: data folder, address, clock, state, settings, object store, background work."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from clouds.cloudru.wire.storage import REGION
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.held_answers import HeldAnswers
from sandbox.object_store.rclone import RcloneServer
from sandbox.request_log import SERVICE_AGENT, RequestLog
from sandbox.settings import KEY_ID, KEY_SECRET, TENANT_ID, Settings, SettingsStore
from sandbox.state import State


class Host:
    """The ground of one sandbox. `base_url` is where it answers, for calls from one service to another."""

    def __init__(self, data_dir: Path, base_url: str, clock: Clock) -> None:
        self.data_dir, self.base_url, self.clock = data_dir, base_url, clock
        self.state = State(data_dir / "state.sqlite", clock)
        self.settings_store = SettingsStore(self.state)
        self.state.listed_after = lambda: self.settings.listed_after_s
        self.faults, self.held_answers, self.request_log = Faults(), HeldAnswers(), RequestLog()
        self.s3_server = RcloneServer(data_dir / "storage")
        self._executor = ThreadPoolExecutor(thread_name_prefix="background")
        self._running: set[Future[Any]] = set()

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self.settings_store.current

    def s3(self) -> Any:
        """Return the boto3 client with which services read and write objects; its requests pass the gateway too."""
        return self._s3

    @cached_property
    def _s3(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.base_url,
            region_name=REGION,
            aws_access_key_id=f"{TENANT_ID}:{KEY_ID}",
            aws_secret_access_key=KEY_SECRET,
            config=Config(
                signature_version="s3v4",  # for presigned URLs too; in a region that it does not know boto3 takes V2
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                proxies={},
                user_agent=SERVICE_AGENT,
            ),
        )

    def internal_url(self, vendor_url: str) -> str:
        """Return where this sandbox answers for a vendor URL."""
        return f"{self.base_url}/{vendor_url.removeprefix('https://')}"

    def background(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Start work that outlives the request."""
        future = self._executor.submit(work, *arguments)
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def wait_for_background(self) -> None:
        """Return when all background work that has been started is done."""
        wait(tuple(self._running))

    def close(self) -> None:
        """Cancel background work that has not begun, stop the S3 server and close the state."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self.s3_server.stop()
        self.state.close()
