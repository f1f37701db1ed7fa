"""Input and output of a training process: JSON files in the folder of its job.

`job.json` is written before it starts; `progress.json`, then `result.json` or `error.json`, are its own. Each is
replaced whole, so a reader never sees half of one. `adapter/` holds the weights, `events/` the TensorBoard events.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

JOB, PROGRESS, RESULT, ERROR = "job.json", "progress.json", "result.json", "error.json"
ADAPTER, EVENTS = "adapter", "events"
BASE_DIMENSION = 256
"""Length of a vector when no `embedding_dims` are asked for, and of the base model's. Source: docs/yandex-api.md."""
LONGEST_DIMENSION = 384
"""MiniLM's own length; no vector is longer."""
EPOCHS = 3
"""Times each row is shown unless `n_samples` says otherwise."""

Document = TypeVar("Document", bound=BaseModel)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WeightedFile(_Kept):
    """A dataset as JSON Lines. A row of weight 2 is shown twice as often as one of weight 1."""

    path: Path
    weight: float = Field(default=1.0, gt=0)


class Lora(_Kept):
    """Low-rank adapters on every linear layer of the encoder."""

    rank: int = Field(default=32, ge=1, le=LONGEST_DIMENSION)
    alpha: float = Field(default=64, gt=0)
    initialization: Literal["default", "gaussian", "pissa", "olora", "orthogonal"] = "default"
    type: Literal["lora", "rslora", "dora"] = "lora"


class PromptTune(_Kept):
    """Vectors that are trained and put before the text."""

    virtual_tokens: int = Field(default=16, ge=1, le=128)


class Scheduler(_Kept):
    """How the learning rate goes from `lr`, reached after the warm-up, to `min_lr` at the end."""

    name: Literal["linear", "constant", "cosine"] = "linear"
    min_lr: float = Field(default=0.0, ge=0)
    warmup_ratio: float = Field(default=0.1, ge=0, le=1)


class AdamW(_Kept):
    """The optimizer's own parameters."""

    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.999, ge=0, lt=1)
    eps: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)


class Parameters(_Kept):
    """Every parameter of a tuning, with this engine's defaults. `n_samples`: rows shown in all."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    lr: float = Field(default=2e-3, gt=0, le=1)
    n_samples: int = Field(ge=1, le=10_000_000)
    embedding_dims: tuple[Annotated[int, Field(ge=1, le=LONGEST_DIMENSION)], ...] = ()
    method: Lora | PromptTune = Lora()
    scheduler: Scheduler = Scheduler()
    optimizer: AdamW = AdamW()
    batch_rows: int = Field(default=32, ge=2)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Lengths that are trained, longest first."""
        return tuple(sorted(set(self.embedding_dims), reverse=True)) or (BASE_DIMENSION,)


class TrainingJob(_Kept):
    """One training."""

    kind: Literal["pair", "triplet"]
    train: tuple[WeightedFile, ...] = Field(min_length=1)
    validation: Path | None = None
    parameters: Parameters


class Progress(_Kept):
    """Steps done; times in seconds since 1970."""

    current_step: int
    total_steps: int
    started_at: float


class Result(_Kept):
    """The result of a training. `device` is where it ran, the losses are those of the last steps."""

    dimensions: tuple[int, ...]
    device: str
    train_loss: float
    validation_loss: float | None
    samples: int
    training_s: float


class TrainingFault(_Kept):
    """Why it failed; `public` when the cause is the user's own."""

    message: str
    public: bool


def write(path: Path, document: BaseModel) -> None:
    """Write the document to this file, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(document.model_dump_json())
    os.replace(draft, path)  # noqa: PTH105  Path.replace is the same; this one says that it is atomic


def read(path: Path, model: type[Document]) -> Document | None:
    """Return the document, or None while there is no such file."""
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
