"""A project of the sandbox that begins empty, what a run changes in it, and what it holds afterwards."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from re import escape
from typing import Any

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBaseStatus, VersionStatus
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from flows.provision import provision_rag
from flows.specs import RagStack
from sandbox.settings import PROJECT_ID
from tasks.stack_key import StackKey
from tests.flows.conftest import AT_ONCE, EXAMPLE, save_blocks
from tests.sandbox_process import SandboxProcess

BLOCK = "kill-cloud"


@dataclass(frozen=True)
class Call:
    """A mutating call of a run; `earlier` calls of the same method and path came before it."""

    method: str
    path: str
    earlier: int

    def __str__(self) -> str:
        return f"{self.method} {self.path} #{self.earlier + 1}"


@dataclass(frozen=True)
class EmptyCloud:
    """A sandbox that holds nothing, and the tutorial's stack with a second document."""

    sandbox: SandboxProcess
    stack: RagStack

    @classmethod
    def of(cls, sandbox: SandboxProcess, folder: Path) -> "EmptyCloud":
        """Save the blocks; a second document lies in `folder`."""
        second = folder / "parking.txt"
        second.write_text("Парковка для покупателей стоит сорок рублей в час.", encoding="utf-8")
        save_blocks(BLOCK, sandbox)
        return cls(sandbox, RagStack(documents=(EXAMPLE, str(second))))

    def empty(self) -> None:
        """Forget everything; nothing takes time, and the project has no log group, so that a run makes one."""
        self.sandbox.set(
            run_spans=AT_ONCE, knowledge_base_spans={}, bucket_has_log_group=False, project_has_log_group=False
        )
        self.sandbox.empty()
        self.free()

    def free(self) -> None:
        """End the lease by which a killed run still holds the stack, as a minute would."""
        name = StackKey(PROJECT_ID, self.stack.knowledge_base.name).limit
        with get_client(sync_client=True) as client, suppress(ObjectNotFound):
            client.delete_global_concurrency_limit_by_name(name)

    def provision(self) -> None:
        """Run the flow here."""
        provision_rag(self.stack, BLOCK, BLOCK)

    def calls(self) -> list[Call]:
        """Return what was asked so far that may have changed the project, services among themselves left out."""
        seen: Counter[tuple[str, str]] = Counter()
        calls: list[Call] = []
        for request in self.sandbox.requests():
            if request["mutating"] and not request["internal"]:
                asked = request["method"], f"/{request['host']}{request['path']}"
                calls.append(Call(*asked, earlier=seen[asked]))
                seen[asked] += 1
        return calls

    @contextmanager
    def fault(self, call: Call, **order: Any) -> Generator[None]:
        """Order a fault on exactly this call; it must have happened when the block ends."""
        self.sandbox.fault(f"^{escape(call.path)}$", method=call.method, skip=call.earlier, **order)
        yield
        assert self.sandbox.all_faults_used(), f"{call} was never asked"

    def check_one_of_each(self) -> None:
        """Assert that the project holds the stack once, complete, and nothing beside it."""
        held, stack = self.sandbox.inventory(), self.stack
        [(bucket, keys)] = held["buckets"].items()
        [base] = held["knowledge_bases"]
        [(version_id, version_status)] = base["versions"].items()
        artefacts = f"{ARTIFACTS_PREFIX}{base['id']}/{version_id}/"
        assert bucket == stack.bucket
        assert [key for key in keys if not key.startswith(artefacts)] == [
            stack.folder,
            f"{stack.folder}faq_products.txt",
            f"{stack.folder}parking.txt",
        ]
        assert held["secrets"] == {stack.token_secret: [1]}
        assert sorted((run["name"], run["status"]) for run in held["model_runs"]) == sorted(
            (model.name, ModelRunStatus.RUNNING) for model in (stack.embedder, stack.reranker, stack.llm)
        )
        assert (base["name"], base["status"], version_status) == (
            stack.knowledge_base.name,
            KnowledgeBaseStatus.ACTIVE,
            VersionStatus.SUCCEEDED,
        )
        assert len(held["log_groups"]) == 1
