"""A project of the sandbox that begins empty, what a run changes in it, and what it holds afterwards."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBaseStatus, VersionStatus
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from domain.keys import StackKey
from flows.specs import RagStack
from sandbox.settings import PROJECT_ID
from tasks.run.judged_record import forget_judged
from tasks.stack.kept_stack import forget_kept
from tasks.stack.promotion import in_service
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import AT_ONCE, EXAMPLE, save_blocks

BLOCK = "kill-cloud"
HOURS = "Магазин работает с девяти до шести каждый день."
PARKING = "Парковка для покупателей стоит сорок рублей в час."


@dataclass(frozen=True)
class Project:
    """A project of the sandbox: what is asked of it, and faults of single calls."""

    sandbox: SandboxProcess

    def calls(self) -> list[str]:
        """Return what was asked so far that may have changed the project, services among themselves left out."""
        asked = [each for each in self.sandbox.requests() if each["mutating"] and not each["internal"]]
        return [f"{each['method']} {each['host']}{each['path']}" for each in asked]

    @contextmanager
    def fault(self, change: int, **order: Any) -> Generator[None]:
        """Order a fault on the call that changes the project for the nth time; it must have happened in the block."""
        self.sandbox.fault(mutating=True, skip=change - 1, **order)
        yield
        assert self.sandbox.all_faults_used(), f"there was no change {change}"


@dataclass(frozen=True)
class EmptyCloud(Project):
    """A sandbox that holds nothing, and the tutorial's stack with a second document."""

    stack: RagStack
    folder: Path

    @classmethod
    def of(cls, sandbox: SandboxProcess, folder: Path) -> "EmptyCloud":
        """Save the blocks; the second document lies in `folder`."""
        save_blocks(BLOCK, sandbox)
        return cls(sandbox, RagStack(documents=(EXAMPLE, str(folder))), folder)

    def write(self, **texts: str) -> None:
        """Let the folder hold these documents, by name without suffix, and no others."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, text in texts.items():
            (self.folder / f"{name}.txt").write_text(text, encoding="utf-8")

    def empty(self) -> None:
        """Forget everything; nothing takes time, and the project has no log group, so that a run makes one."""
        self.write(parking=PARKING)
        unset(StackKey(PROJECT_ID, self.stack.knowledge_base.name))
        self.sandbox.set(**AT_ONCE, bucket_has_log_group=False, project_has_log_group=False)
        self.sandbox.empty()
        self.free()

    def free(self) -> None:
        """End the lease by which a killed run still holds the stack, as a minute would."""
        name = StackKey(PROJECT_ID, self.stack.knowledge_base.name).limit
        with get_client(sync_client=True) as client, suppress(ObjectNotFound):
            client.delete_global_concurrency_limit_by_name(name)

    def check_stack(
        self, *documents: str, base: str = "", versions: int = 1, status: str = ModelRunStatus.RUNNING, runs: int = 3
    ) -> None:
        """Assert that the project holds the stack once and nothing beside it; its newest version is in service.

        `documents` are names without suffix, those of the folder; `base` is the name of the knowledge base when it has
        replaced another; `status` is that of all `runs`.
        """
        held, stack = self.sandbox.inventory(), self.stack
        [(bucket, keys)] = held["buckets"].items()
        [found] = held["knowledge_bases"]
        assert bucket == stack.bucket
        assert [key for key in keys if not key.startswith(ARTIFACTS_PREFIX)] == [
            stack.folder,
            *(f"{stack.folder}{name}.txt" for name in sorted(("faq_products", *documents))),
        ]
        assert held["secrets"] == {stack.token_secret: [1]}
        assert [run["status"] for run in held["model_runs"]] == [status] * runs
        assert len({run["name"] for run in held["model_runs"]}) == runs
        assert (found["name"], found["status"]) == (base or stack.knowledge_base.name, KnowledgeBaseStatus.ACTIVE)
        assert list(found["versions"].values()) == [VersionStatus.SUCCEEDED] * versions
        serving = in_service(StackKey(PROJECT_ID, stack.knowledge_base.name))
        assert serving is not None
        assert (serving.knowledge_base_id, serving.version_id) == (found["id"], list(found["versions"])[-1])
        assert len(held["log_groups"]) == 1

    def check_nothing(self) -> None:
        """Assert that nothing of the stack is left but the names of deleted runs and the project's log group."""
        held = self.sandbox.inventory()
        assert (held["buckets"], held["secrets"], held["knowledge_bases"]) == ({}, {}, [])
        assert {run["status"] for run in held["model_runs"]} <= {ModelRunStatus.DELETED}
        assert in_service(StackKey(PROJECT_ID, self.stack.knowledge_base.name)) is None


def unset(key: StackKey) -> None:
    """Forget what is in service, how it was judged, and what is kept of the stack."""
    forget_kept(key)
    forget_judged(key)
    with get_client(sync_client=True) as client, suppress(ObjectNotFound):
        client.delete_variable_by_name(key.variable)
