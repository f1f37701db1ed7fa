"""One server for all tests of schedules, with two deployments whose schedules are due every few seconds."""

from collections.abc import Generator
from typing import Any

import pytest

from domain.kept_stack import KeptStack
from domain.stack import RagStack
from sandbox.settings import PROJECT_ID
from tasks.kept_stack import write_kept
from tests.operated import Operated, entry, operated
from tests.prefect_client import prefect_at
from tests.sandbox_process import SandboxProcess

LOOKS, SUSPENDS = "status-rag/often", "suspend-rag/often"


def often(slug: str, interval_s: float, *, active: bool) -> dict[str, Any]:
    """Return a schedule as deployments.yaml has it."""
    return {"schedules": [{"slug": slug, "interval": interval_s, "active": active}]}


def entries(description: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both: the one that looks is on, the one that suspends is off."""
    return (
        entry("status_rag", "often", description=description, **often("often", 6, active=True)),
        entry("suspend_rag", "often", description=description, **often("often", 4, active=False)),
    )


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
