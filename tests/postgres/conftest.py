"""One PostgreSQL, one server on it, two workers and ten stacks for the whole folder."""

from collections.abc import Generator

import pytest

from bench.postgres import database
from tests.postgres.fleet import Fleet, fleet
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="package")
def running_fleet(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Generator[Fleet]:
    """Start everything once; workers and server are there in the end, whatever a test has done to them."""
    with database() as url, fleet(url, sandbox, tmp_path_factory.mktemp("fleet")) as started:
        yield started
