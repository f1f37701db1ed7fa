"""ML Inference (Model RUN): model runs, whether they answer rightly, and the calls of a running model."""

from clouds.cloudru.inference.client import EnsuredRun, Inferences
from clouds.cloudru.inference.decision import GONE, SUFFIXES, RunDecision, find_among
from clouds.cloudru.inference.model import Model, Models
from clouds.cloudru.inference.readiness import PAIRS, Proof
from clouds.cloudru.inference.request import (
    OVERRIDES,
    QWEN3_RERANKER,
    default_overrides,
    identity_differences,
    other_differences,
)
from clouds.cloudru.inference.sizing import Task, gpu_memory_gb
from clouds.cloudru.inference.wait import ANSWERING, ReadyRun, SeenRun, failed, plain_status

__all__ = [
    "ANSWERING",
    "GONE",
    "OVERRIDES",
    "PAIRS",
    "QWEN3_RERANKER",
    "SUFFIXES",
    "EnsuredRun",
    "Inferences",
    "Model",
    "Models",
    "Proof",
    "ReadyRun",
    "RunDecision",
    "SeenRun",
    "Task",
    "default_overrides",
    "failed",
    "find_among",
    "gpu_memory_gb",
    "identity_differences",
    "other_differences",
    "plain_status",
]
