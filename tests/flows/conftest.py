"""Blocks that point at the running sandbox, and the sandbox as a flow sees it."""

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName

from sandbox.settings import PROJECT_ID
from tasks.run.service_record import forget_in_service
from tasks.stack.kept_stack import forget_kept, kept_stacks
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import AT_ONCE, Cloud, look_often, save_blocks


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait in every test of this folder so."""
    look_often(monkeypatch)


@pytest.fixture(scope="session")
def blocks(sandbox: SandboxProcess, prefect_storage: Path) -> str:  # noqa: ARG001  # the server must be up
    """Save blocks that lead to the sandbox and return their name; a test that needs others saves its own."""
    save_blocks("test-cloud", sandbox)
    return "test-cloud"


@pytest.fixture
def cloud(sandbox: SandboxProcess, blocks: str) -> Cloud:
    """Return the sandbox with every stage over at once, and blocks that lead to it."""
    sandbox.reset()
    sandbox.set(**AT_ONCE)
    return Cloud(blocks, sandbox)


@pytest.fixture
def alone(cloud: Cloud) -> None:  # noqa: ARG001  # the server must be up
    """Forget the stacks of other tests, which a sweep expects to be there: the sandbox has forgotten them long ago.

    They are what is kept, and what a deployment of `provision-rag` holds.
    """
    with get_client(sync_client=True) as client:
        flows = FlowFilter(name=FlowFilterName(any_=["provision-rag"]))
        for deployment in client.read_deployments(flow_filter=flows):
            client.delete_deployment(deployment.id)
    for kept in kept_stacks(PROJECT_ID).values():
        for stack in (kept.wanted, kept.provisioned):
            if stack is not None:
                forget_in_service(stack.key(PROJECT_ID))
                forget_kept(stack.key(PROJECT_ID))
