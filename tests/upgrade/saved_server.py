"""A Prefect server on a copy of the database that an earlier version of the project left behind."""

import json
import lzma
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import load_flow_and_flow_run, run_flow
from prefect.logging.handlers import APILogWorker
from pydantic import SecretStr

from bench.fleet_machines import HOST, ROOT, Machine, free_port, running, wait_until_healthy
from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudCredentials
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack.sandbox_blocks import NAME, YANDEX_NAME
from tests.support.prefect_client import prefect_at
from tests.support.sandbox_process import SandboxProcess

SAVED = Path(__file__).with_name("server-3.8.8.db.xz")


@contextmanager
def saved_server(folder: Path) -> Generator[PrefectApi]:
    """Start the server of `make up` on the copy, which it migrates; Prefect's client asks it inside the block."""
    port = free_port()
    machine = Machine(
        "server",
        ("--host", HOST, "--port", str(port)),
        folder,
        f"http://{HOST}:{port}/api",
        module="local.prefect_server",
    )
    layout = Layout(root=ROOT, folder=folder / machine.name)
    layout.make_folders()
    (layout.prefect_home / "prefect.db").write_bytes(lzma.decompress(SAVED.read_bytes()))
    with ExitStack() as started:
        started.enter_context(running(machine))
        api = started.enter_context(PrefectApi(machine.api_url))
        wait_until_healthy(machine, api)
        started.enter_context(prefect_at(machine.api_url, folder))
        started.callback(APILogWorker.drain_all)  # while there is a server that takes the lines
        yield api


def lead_blocks_to(sandbox: SandboxProcess) -> None:
    """Change where the saved blocks lead, and Yandex Cloud's key, which each sandbox makes anew; keep all else."""
    cloudru, hub, yandex = (
        _load(CloudRuCredentials, NAME),
        _load(HuggingFaceCredentials, NAME),
        _load(YandexCloudCredentials, YANDEX_NAME),
    )
    cloudru.connection = cloudru.connection.model_copy(update={"endpoints": sandbox.endpoints})
    hub.endpoint = f"{sandbox.base_url}/huggingface.co"
    yandex.connection = yandex.connection.model_copy(update={"endpoints": sandbox.yandex_endpoints})
    yandex.authorized_key = SecretStr(json.dumps(sandbox.authorized_key()))
    for block, name in ((cloudru, NAME), (hub, NAME), (yandex, YANDEX_NAME)):
        block.save(name, overwrite=True)


def _load(kind: Any, name: str) -> Any:
    return kind.load(name)


def run(deployment: str, **parameters: Any) -> State[Any]:
    """Run a deployment as a worker's process does: with its parameters as they are saved, but for those given here."""
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        created = client.create_flow_run_from_deployment(found.id, parameters=parameters)
    flow_run, flow = load_flow_and_flow_run(created.id)
    return run_flow(flow, flow_run=flow_run, return_type="state")  # pyright: ignore[reportReturnType]  # a sync flow
