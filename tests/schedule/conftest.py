"""One server for all tests of schedules, with two deployments whose schedules are due every few seconds."""

from collections.abc import Generator

import pytest

from domain.kept_stack import KeptStack
from domain.stack import RagStack
from sandbox.settings import PROJECT_ID
from tasks.stack.kept_stack import write_kept
from tests.schedule.often import LOOKS, entries
from tests.support.operated import Operated, operated
from tests.support.prefect_client import prefect_at
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="package")
def project(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Generator[Operated]:
    """Start the server, on which the default stack is kept, and deploy both; no worker runs yet."""
    with operated(sandbox, tmp_path_factory.mktemp("schedule")) as started:
        with prefect_at(started.machine.api_url, started.files):
            stack = RagStack()
            write_kept(stack.key(PROJECT_ID), KeptStack(wanted=stack, provisioned=stack))
        started.write(*entries("as it was first"))
        printed = started.deploy()
        assert f"create  {LOOKS}\n" in printed
        assert "2 created" in printed
        yield started
