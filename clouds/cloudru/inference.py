"""ML Inference (Model RUN)."""

from collections.abc import Sequence
from dataclasses import dataclass

from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.models import Models
from clouds.cloudru.secret import EnsuredSecret
from clouds.cloudru.sizing import Task
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun, Quota
from clouds.polling import OnLook


@dataclass(frozen=True)
class EnsuredRun:
    """A live run; `differences` from the spec that do not change its answers, in words."""

    run: ModelRun
    action: Action
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadyRun:
    """A run that has answered; `dimension` of its vectors for an embedder, `proof` of the answer in words."""

    run: ModelRun
    served_name: str
    url: str
    dimension: int | None
    proof: str


class Inferences:
    """The model runs of a project. Safe under threads."""

    def __init__(self, connection: Connection, models: Models) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._models = models

    def list(self) -> list[ModelRun]:
        """Every run, deleted ones too (short fields)."""
        raise NotImplementedError

    def get(self, run_id: str) -> ModelRun:
        """A run with all its fields."""
        raise NotImplementedError

    def delete(self, run_id: str) -> None:
        """Delete; a run that is not there is deleted."""
        raise NotImplementedError

    def suspend(self, run_id: str) -> None:
        """Stop paying for it."""
        raise NotImplementedError

    def resume(self, run_id: str) -> None:
        """Start it again."""
        raise NotImplementedError

    def quotas(self) -> Sequence[Quota]:
        """What is free of each resource."""
        raise NotImplementedError

    def check_quota(self, specs: Sequence[InferenceSpec]) -> None:
        """Raise QuotaError when the runs that would be created do not fit."""
        raise NotImplementedError

    def ensure(
        self, spec: InferenceSpec, *, gpu_memory_gb: int, token_secret: EnsuredSecret | None, log_group_id: str | None
    ) -> EnsuredRun:
        """Adopt the live run of that name and model, or create it."""
        raise NotImplementedError

    def wait_ready(self, run_id: str, *, task: Task, deadline_s: float, on_look: OnLook | None = None) -> ReadyRun:
        """Wait until it is RUNNING and answers rightly; `on_look(what was seen, elapsed_s)`."""
        raise NotImplementedError
