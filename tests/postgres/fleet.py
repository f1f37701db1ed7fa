"""Ten stacks, their refreshes on two workers, and what must hold of them in the end."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import fleet_stacks
from bench.fleet_machines import POOL, ROOT, Machine, running, server, wait_until_healthy, worker
from bench.rig import save_blocks
from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBaseStatus, VersionStatus
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from domain.keys import StackKey
from flows.specs import RagStack
from local.layout import Layout
from local.prefect_api import PrefectApi
from sandbox.settings import PROJECT_ID
from tasks.stack.promotion import in_service
from tests.support.prefect_client import prefect_at
from tests.support.sandbox_process import SandboxProcess

PLACES = 8
"""How many runs a worker has at a time."""


@dataclass(frozen=True)
class Fleet:
    """A server on PostgreSQL, two workers, and stacks in the sandbox; `http` asks the server."""

    server: Machine
    workers: tuple[Machine, ...]
    api: PrefectApi
    http: httpx.Client
    sandbox: SandboxProcess
    stacks: list[RagStack]

    def check_stack(self, stack: RagStack, *documents: str, versions: int) -> None:
        """Assert that the project holds the stack once, with these documents, its newest version in service."""
        held = self.sandbox.inventory()
        [base] = [each for each in held["knowledge_bases"] if each["name"] == stack.knowledge_base.name]
        assert base["status"] == KnowledgeBaseStatus.ACTIVE
        keys = [key for key in held["buckets"][stack.bucket] if not key.startswith(ARTIFACTS_PREFIX)]
        assert keys == [stack.folder, *(f"{stack.folder}{name}.txt" for name in documents)]
        assert list(base["versions"].values()) == [VersionStatus.SUCCEEDED] * versions
        serving = in_service(StackKey(PROJECT_ID, stack.knowledge_base.name))
        assert serving is not None
        assert (serving.knowledge_base_id, serving.version_id) == (base["id"], list(base["versions"])[-1])

    def check_project(self) -> None:
        """Assert that there is nothing beside the stacks: their bases, and the three models that they share."""
        held = self.sandbox.inventory()
        assert sorted(base["name"] for base in held["knowledge_bases"]) == [s.knowledge_base.name for s in self.stacks]
        assert [run["status"] for run in held["model_runs"]] == [ModelRunStatus.RUNNING] * 3
        assert len({run["name"] for run in held["model_runs"]}) == 3

    def locks(self) -> dict[str, int]:
        """Return the slots that are taken, by lock."""
        answer = self.http.post("/v2/concurrency_limits/filter", json={"limit": 200}).raise_for_status().json()
        return {limit["name"]: limit["active_slots"] for limit in answer}

    def at_work(self, machine: Machine) -> set[str]:
        """Return the runs of this worker that hold the lock of their stack. The server writes its leases to files."""
        leases = Layout(root=ROOT, folder=self.server.folder / self.server.name).prefect_home / "concurrency_leases"
        texts: list[str] = []
        for path in leases.glob("*-*.json"):
            with suppress(FileNotFoundError):  # released meanwhile
                texts.append(path.read_text(encoding="utf-8"))
        return {run for run in machine.runs() if any(run in text for text in texts)}

    def states(self, deployment_id: str) -> dict[str, str]:
        """Return the state of each run of the deployment, by id."""
        return {run.id: run.state for run in fleet_stacks.runs(self.http, deployment_id)}


@contextmanager
def fleet(database_url: str, sandbox: SandboxProcess, folder: Path, count: int = 10) -> Generator[Fleet]:
    """Start server and workers, provision the stacks."""
    machine = server(folder, PREFECT_API_DATABASE_CONNECTION_URL=database_url)
    with ExitStack() as started:
        started.enter_context(running(machine))
        api = started.enter_context(PrefectApi(machine.api_url))
        http = started.enter_context(httpx.Client(base_url=machine.api_url, trust_env=False, timeout=60))
        sandbox.reset()
        sandbox.empty()
        sandbox.set(run_spans={stage: {} for stage in ("resource_allocation", "pulling", "runtime_initializing")})
        wait_until_healthy(machine, api)
        api.ensure_work_pool(POOL)
        workers = tuple(
            worker(name, folder, machine.api_url, PLACES, PREFECT_FLOWS_HEARTBEAT_FREQUENCY="30")
            for name in ("one", "two")
        )
        started.enter_context(running(*workers))
        started.enter_context(prefect_at(machine.api_url, folder))
        save_blocks(sandbox.base_url)
        stacks = fleet_stacks.stacks(count, folder / "documents")
        fleet_stacks.provision(stacks)
        yield Fleet(machine, workers, api, http, sandbox, stacks)
