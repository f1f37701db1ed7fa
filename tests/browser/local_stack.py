"""A stack as `make up` starts it: `python -m local up` in a folder and on ports of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.demos import watch
from local.layout import FOLDER_VARIABLE, Layout
from local.prefect_api import FlowRun, PrefectApi
from local.stack import ports, stack
from local.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 120.0


@dataclass(frozen=True)
class LocalStack:
    """What runs, and its Prefect API."""

    running: Stack
    api: PrefectApi

    @property
    def ui_url(self) -> str:
        """Address of the Prefect UI."""
        return self.running.api_url.removesuffix("/api")

    def run(self, deployment: str, parameters: Mapping[str, Any] | None = None) -> FlowRun:
        """Run `flow/deployment` to its end without the browser, for a test that needs its outcome only."""
        started = self.api.start_run(self.api.deployment_id(deployment), parameters)
        return watch.wait_for(
            self.api, started.id, lambda _: None, check=self.running.check, deadline_s=ENDS_WITHIN_S, every_s=0.2
        )


@contextmanager
def started_in(folder: Path) -> Generator[LocalStack]:
    """Start the stack and end it."""
    environment = {**os.environ, FOLDER_VARIABLE: str(folder), **_free_ports()}

    def local(command: str) -> None:
        subprocess.run([sys.executable, "-m", "local", command], cwd=ROOT, env=environment, check=True)

    local("up")
    try:
        running = stack.read(Layout(root=ROOT, folder=folder))
        assert running is not None
        with PrefectApi(running.api_url) as api:
            yield LocalStack(running, api)
    finally:
        local("down")


def _free_ports() -> dict[str, str]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind((ports.HOST, 0))
        numbers = [str(probe.getsockname()[1]) for probe in (one, other)]
    return dict(zip((ports.SANDBOX.variable, ports.PREFECT.variable), numbers, strict=True))
