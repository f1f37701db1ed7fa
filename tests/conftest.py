"""Fixtures of every test: one running sandbox for the session."""

from collections.abc import Generator

import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[SandboxProcess]:
    """Start a real sandbox process; it keeps its state over tests: take names of your own, call `reset()` first."""
    process = SandboxProcess.start(tmp_path_factory.mktemp("sandbox"))
    process.reset()
    yield process
    process.stop()
