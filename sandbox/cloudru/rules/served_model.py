"""The model behind an address that speaks vLLM's wire: that of a run, or one of Foundation Models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clouds.cloudru.wire.inference import FrameworkType, ModelTaskType
from sandbox.cloudru.rules.runtimes import TEMPLATES
from sandbox.cloudru.run_state import Run

EMBEDDING_TASKS = (ModelTaskType.EMBEDDING, "ModelTaskType_EMBED", "ModelTaskType_FEATURE_EXTRACTION")
SCORE_TASKS = (ModelTaskType.SCORE, "ModelTaskType_RERANK")
FOUNDATION_MODELS: Mapping[str, ModelTaskType] = {
    "BAAI/bge-m3": ModelTaskType.EMBEDDING,
    "Qwen/Qwen3-Embedding-0.6B": ModelTaskType.EMBEDDING,
    "BAAI/bge-reranker-v2-m3": ModelTaskType.SCORE,
    "Qwen/Qwen3-Reranker-0.6B": ModelTaskType.SCORE,
    "openai/gpt-oss-120b": ModelTaskType.GENERATE,
    "t-tech/T-lite-it-1.0": ModelTaskType.GENERATE,
}
"""Those that public sources name; the service's list has about a hundred. Source: docs/cloudru-api.md."""


class ModelRefusalError(Exception):
    """A refusal in vLLM's shape. Source: docs.vllm.ai, OpenAI-compatible server, read 2026-11-21."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError", param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": status}}


@dataclass(frozen=True)
class Served:
    """A model at an address: the name it is called by, and what answers. `arguments` are those of the runtime."""

    name: str
    repository: str
    revision: str
    task: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    created_at: float = 0.0
    version: str = ""

    @property
    def overrides(self) -> Mapping[str, Any]:
        """What vLLM's `--hf-overrides` changes in the model's config.json."""
        try:
            read: Any = json.loads(self.arguments.get("hf-overrides", "{}"))
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def is_chat(self) -> bool:
        """Whether it writes text."""
        return self.task not in (*EMBEDDING_TASKS, *SCORE_TASKS)

    def check(self, model: str, *, supported: bool, operation: str) -> None:
        """Refuse another model's name, 404, and a call of another task, 400. An empty name is the one served."""
        if model and model != self.name:
            raise no_such_model(model)
        if not supported:
            raise ModelRefusalError(400, f"The model does not support {operation} API")


def no_such_model(name: str) -> ModelRefusalError:
    """Return the refusal of a name that is not served."""
    return ModelRefusalError(404, f"The model `{name}` does not exist.", "NotFoundError", "model")


def served_by(run: Run) -> Served:
    """Return what a run serves; its name is the run's, never the repository's."""
    arguments = {argument.key: argument.value for argument in run.request.serving_options.dynamical_options.args}
    template = next((each for each in TEMPLATES if each.id == run.request.runtime_template_id), None)
    is_vllm = template is not None and template.framework_type == FrameworkType.VLLM
    version = template.version if template is not None and is_vllm else ""
    return Served(run.name, run.repository, run.revision, run.task, arguments, run.created_at, version)


def foundation_model(name: str) -> Served:
    """Return a model of Foundation Models, or refuse: 400 without a name, 404 for another."""
    if not name:
        raise ModelRefusalError(400, "you must provide a model parameter", param="model")
    if name not in FOUNDATION_MODELS:
        raise no_such_model(name)
    return Served(name, name, "main", FOUNDATION_MODELS[name])
