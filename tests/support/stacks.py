"""The stacks of the tests: blocks that point at the running sandbox, and stacks under names of their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from blocks import CloudRuCredentials, HuggingFaceCredentials
from clouds.cloudru.assumptions import Assumptions, InferenceAssumptions
from clouds.cloudru.specs import InferenceSpec, KnowledgeBaseSpec
from clouds.polling import Schedule
from domain.in_service import InService
from domain.keys import StackKey
from flows.specs import RagStack
from sandbox.settings import HUGGING_FACE_TOKEN, KEY_ID, KEY_SECRET, PROJECT_ID, KnowledgeBaseSpans, RunSpans
from tests.support.sandbox_process import SandboxProcess
from tests.support.standing import stand

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "faq_products.txt")
AT_ONCE: dict[str, dict[str, dict[str, Any]]] = {
    "run_spans": {stage: {} for stage in RunSpans.model_fields},
    "knowledge_base_spans": {stage: {} for stage in KnowledgeBaseSpans.model_fields},
}
"""Settings of a sandbox in which no stage takes time."""
LOOKED_EVERY_S = 0.1
BROKEN = "nobody/broken"


@dataclass(frozen=True)
class Cloud:
    """The sandbox as the flow sees it: `name` is that of both blocks."""

    name: str
    sandbox: SandboxProcess

    def stack(self, **changes: Any) -> RagStack:
        """Return the tutorial's stack under names that no other test uses."""
        mark = uuid4().hex[:8]
        names: dict[str, Any] = {
            "documents": (EXAMPLE,),
            "bucket": f"bucket-{mark}",
            "token_secret": f"token_{mark}",
            "embedder": inference(f"embedder-{mark}", "Qwen/Qwen3-Embedding-0.6B", "Embedding"),
            "reranker": inference(f"reranker-{mark}", "Qwen/Qwen3-Reranker-0.6B", "Score"),
            "llm": inference(f"llm-{mark}", "t-tech/T-lite-it-1.0", "Generate"),
            "knowledge_base": KnowledgeBaseSpec(name=f"kb-{mark}"),
        }
        return RagStack(**{**names, **changes})

    def stand(self, stack: RagStack) -> InService:
        """Bring the stack up without a flow; return what is in service."""
        return stand(self.name, stack)

    def key(self, stack: RagStack) -> StackKey:
        """Return what the stack is called on the Prefect server."""
        return StackKey(PROJECT_ID, stack.knowledge_base.name)

    def broken(self, name: str, task: Any) -> InferenceSpec:
        """Return an inference that passes every look before it is started, and fails then."""
        self.sandbox.set(known_repositories=[BROKEN], failing_repositories=[BROKEN])
        return inference(name, BROKEN, task, gpu_memory_gb=5)

    def changes(self) -> list[str]:
        """Return what was asked of the sandbox that may have changed the project."""
        return [f"{r['method']} {r['host']}{r['path']}" for r in self.sandbox.requests() if r["mutating"]]


def inference(name: str, repository: str, task: Any, **changes: Any) -> InferenceSpec:
    """Return an inference."""
    return InferenceSpec(name=name, repository=repository, task=task, **changes)


def save_blocks(name: str, sandbox: SandboxProcess, **changes: Any) -> None:
    """Save both blocks for the sandbox, with changed fields."""
    cloudru: dict[str, Any] = {
        "key_id": KEY_ID,
        "key_secret": KEY_SECRET,
        "project_id": PROJECT_ID,
        "endpoints": sandbox.endpoints,
        "assumptions": Assumptions(inference=InferenceAssumptions(embedder_uris=True)),
    }
    token = changes.pop("token", HUGGING_FACE_TOKEN)
    CloudRuCredentials(**{**cloudru, **changes}).save(name, overwrite=True)
    HuggingFaceCredentials(token=SecretStr(token), endpoint=f"{sandbox.base_url}/huggingface.co").save(
        name, overwrite=True
    )


def look_often(patch: pytest.MonkeyPatch) -> None:
    """Let every wait look ten times a second: what these tests wait for takes less than the shortest real delay."""
    patch.setattr(Schedule, "delay_s", lambda *_: LOOKED_EVERY_S)
