"""Fixtures of every test: one running sandbox and one Prefect server for the session."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.prefect_client import hasten
from tests.sandbox_process import SandboxProcess

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
NEEDED_BYTES = 1_000_000_000
NOT_NEEDED = ("EVENT_PERSISTER", "TRIGGERS")
"""Services of Prefect's server: a quarter of its time. Tests of automations start a server of their own."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[SandboxProcess]:
    """Start a real sandbox process; it keeps its state over tests: take names of your own, call `reset()` first."""
    process = SandboxProcess.start(tmp_path_factory.mktemp("sandbox"))
    process.reset()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def prefect_storage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Start Prefect's test server; results are persisted, so that a test can look into them."""
    from prefect.server.api.server import SubprocessASGIServer  # noqa: PLC0415  seconds that tests without flows save
    from prefect.settings import (  # noqa: PLC0415  as above
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_LOCAL_STORAGE_PATH,
        PREFECT_RESULTS_PERSIST_BY_DEFAULT,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415  as above

    results = tmp_path_factory.mktemp("results")
    changes: dict[Any, Any] = {
        PREFECT_LOCAL_STORAGE_PATH: results,
        PREFECT_RESULTS_PERSIST_BY_DEFAULT: True,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,  # else every run waits at its end for a thread that sleeps a second
    }
    with ExitStack() as ended:
        with pytest.MonkeyPatch.context() as patch:
            for name in NOT_NEEDED:
                patch.setenv(f"PREFECT_SERVER_SERVICES_{name}_ENABLED", "false")
            if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > NEEDED_BYTES:
                patch.setattr(tempfile, "tempdir", str(MEMORY))  # its database: a fifth of the server's time less
            patch.setattr(SubprocessASGIServer, "_run_uvicorn_command", _server_of_make_up)
            ended.enter_context(prefect_test_harness(server_startup_timeout=120))
        ended.enter_context(temporary_settings(changes))
        hasten(ended.enter_context(pytest.MonkeyPatch.context()))
        yield results


def _server_of_make_up(asked: Any) -> subprocess.Popen[bytes]:
    """Start the server of `make up` in place of the harness's own, which stops for a minute now and then."""
    from prefect.settings import get_current_settings  # noqa: PLC0415  as above

    options = ["--host", "127.0.0.1", "--port", str(asked.port), "--log-level", "ERROR"]
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    return subprocess.Popen(
        [sys.executable, "-m", "local.prefect_server", *options],
        env={**os.environ, **settings, "PREFECT_UI_ENABLED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
