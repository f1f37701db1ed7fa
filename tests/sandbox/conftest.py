"""Fixtures for the sandbox: its services in this process, on a clock that stands still."""

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.services import Services

NOON = 1_795_262_400.0  # 2026-11-21T12:00:00Z


@pytest.fixture
def services(tmp_path: Path) -> Generator[Services]:
    """Return the services without HTTP; time passes only by `services.host.clock.advance`."""
    services = Services(tmp_path, clock=Clock(lambda: NOON))
    yield services
    services.close()
