"""Fixtures of every test: one running sandbox and one Prefect server for the session."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.prefect_retries import retry_soon
from tests.sandbox_process import SandboxProcess


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
    from prefect.settings import (  # noqa: PLC0415  seconds of imports, which tests without flows need not wait for
        PREFECT_LOCAL_STORAGE_PATH,
        PREFECT_RESULTS_PERSIST_BY_DEFAULT,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415  as above

    results = tmp_path_factory.mktemp("results")
    changes: dict[Any, Any] = {
        PREFECT_LOCAL_STORAGE_PATH: results,
        PREFECT_RESULTS_PERSIST_BY_DEFAULT: True,
    }
    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings(changes),
        pytest.MonkeyPatch.context() as patch,
    ):
        retry_soon(patch)
        yield results
