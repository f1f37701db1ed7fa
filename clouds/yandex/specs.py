"""What a user wants of a tuning: the parameters of the service's own messages as frozen pydantic models.

Every value may be left out: it is then not sent, and the service takes its own default, which is not published. The
messages do not tell 0 from a value that was left out, but for `warmup_ratio`; where 0 would mean something else than
the default it is therefore refused. Source: docs/yandex-api.md, Tuning.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from clouds.spec import Spec, any_of

Kind = Literal["pair", "triplet"]
"""pair: rows of anchor and positive; triplet: of anchor, positive and negative."""

LARGEST_INT64 = 2**63 - 1
NAME = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
"""Name of a tuning, narrower than each of the published rules for names. Source: docs/yandex-api.md, Names."""


class WeightedDataset(Spec):
    """A dataset, and how much it counts beside the others."""

    dataset_id: str = Field(title="Dataset", description="Id of the dataset, `fds...`.", min_length=1)
    weight: float = Field(
        default=1.0,
        title="Weight",
        description="Its share among the datasets of the tuning.",
        gt=0,
        allow_inf_nan=False,
    )
    sha256: str = Field(default="", title="Content", description="SHA-256 of its file, where it is known.")

    @property
    def content(self) -> str:
        """What tells it from other data: two datasets of one file are the same data."""
        return self.sha256 or self.dataset_id


class LoraSpec(Spec, title="LoRA"):
    """Tuning by low-rank adapters."""

    kind: Literal["lora"] = Field(default="lora", title="Kind", description="Says that it is LoRA; a form fills it in.")
    rank: int | None = Field(default=None, title="Rank", description="Rank of the adapters.", ge=1, le=LARGEST_INT64)
    alpha: int | None = Field(
        default=None, title="Alpha", description="Scale of the adapters; the service takes a whole number.", ge=1
    )
    initialization: str | None = Field(
        default=None,
        title="Initialization",
        description="How the adapters begin; the service's allowed words are not published.",
        min_length=1,
    )
    type: str | None = Field(
        default=None,
        title="Type",
        description="Which kind of LoRA; the service's allowed words are not published.",
        min_length=1,
    )


class PromptTuneSpec(Spec, title="Prompt tuning"):
    """Tuning by virtual tokens before the text."""

    kind: Literal["prompt_tune"] = Field(
        default="prompt_tune", title="Kind", description="Says that it is prompt tuning; a form fills it in."
    )
    virtual_tokens: int | None = Field(
        default=None, title="Virtual tokens", description="How many tokens are learnt.", ge=1, le=LARGEST_INT64
    )


class LinearSpec(Spec, title="Linear"):
    """The learning rate falls in a straight line."""

    kind: Literal["linear"] = Field(
        default="linear", title="Kind", description="Says which schedule this is; a form fills it in."
    )
    min_lr: float | None = Field(
        default=None, title="Least learning rate", description="Where it ends.", ge=0, allow_inf_nan=False
    )


class ConstantSpec(Spec, title="Constant"):
    """The learning rate stays what it is."""

    kind: Literal["constant"] = Field(
        default="constant", title="Kind", description="Says which schedule this is; a form fills it in."
    )


class CosineSpec(Spec, title="Cosine"):
    """The learning rate falls along a cosine."""

    kind: Literal["cosine"] = Field(
        default="cosine", title="Kind", description="Says which schedule this is; a form fills it in."
    )
    min_lr: float | None = Field(
        default=None, title="Least learning rate", description="Where it ends.", ge=0, allow_inf_nan=False
    )


class AdamWSpec(Spec, title="AdamW"):
    """The optimizer AdamW."""

    beta1: float | None = Field(
        default=None, title="Beta 1", description="Decay of the gradient's running mean.", gt=0, lt=1
    )
    beta2: float | None = Field(
        default=None, title="Beta 2", description="Decay of the squared gradient's running mean.", gt=0, lt=1
    )
    eps: float | None = Field(
        default=None, title="Epsilon", description="Keeps the division from zero.", gt=0, allow_inf_nan=False
    )
    weight_decay: float | None = Field(
        default=None, title="Weight decay", description="Pull of the weights towards 0.", ge=0, allow_inf_nan=False
    )


TuningType = Annotated[LoraSpec | PromptTuneSpec, Field(discriminator="kind", json_schema_extra=any_of)]
Scheduler = Annotated[LinearSpec | ConstantSpec | CosineSpec, Field(discriminator="kind", json_schema_extra=any_of)]


class TuningParameters(Spec):
    """All settings of a tuning of a text embedder, the same for pairs and triplets.

    There is no number of epochs and no batch size: `n_samples` says how long it trains.
    """

    seed: int | None = Field(
        default=None,
        title="Seed",
        description="Seed of the random numbers, from 1 on.",
        ge=1,
        le=LARGEST_INT64,
    )
    lr: float | None = Field(
        default=None, title="Learning rate", description="Learning rate at its highest.", gt=0, allow_inf_nan=False
    )
    n_samples: int | None = Field(
        default=None,
        title="Samples",
        description="Samples shown to the model in total, repetitions counted: rows times epochs.",
        ge=1,
        le=LARGEST_INT64,
    )
    embedding_dims: tuple[int, ...] = Field(
        default=(),
        title="Embedding dimensions",
        description="Lengths at which the tuned model's vectors may be cut, for example 64 and 256 (Matryoshka); "
        "the largest is its own length. Left out: one length, the service's default of 256.",
    )
    additional_arguments: str | None = Field(
        default=None,
        title="Additional arguments",
        description="Free text for the service; what it may say is not published.",
        min_length=1,
    )
    tuning_type: TuningType | None = Field(
        default=None, title="Tuning type", description="LoRA or prompt tuning; left out: the service's default."
    )
    scheduler: Scheduler | None = Field(
        default=None, title="Scheduler", description="How the learning rate changes; left out: the service's default."
    )
    warmup_ratio: float | None = Field(
        default=None,
        title="Warm-up ratio",
        description="Part of the training, 0 to 1, in which the learning rate rises from 0; a 0 is sent too.",
        ge=0,
        le=1,
    )
    optimizer: AdamWSpec | None = Field(
        default=None, title="Optimizer", description="AdamW and its numbers; left out: the service's default."
    )

    @field_validator("embedding_dims")
    @classmethod
    def _each_once(cls, dims: tuple[int, ...]) -> tuple[int, ...]:
        wrong = [dim for dim in dims if dim < 1]
        if wrong:
            raise ValueError(f"embedding_dims has {wrong[0]}; a vector has at least 1 component")
        if len(set(dims)) < len(dims):
            raise ValueError(f"embedding_dims {list(dims)} names a dimension twice; name each once")
        return dims
