"""A model of the stack: an own inference, or one of the vendor's."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from clouds.cloudru.specs.names import RUN_NAME_PATTERN
from clouds.spec import Spec, any_of

EMBEDDER_URI_SCHEME = "emb://"
REPOSITORY_PATTERN = rf"^([\w.-]+/[\w.-]+|{EMBEDDER_URI_SCHEME}[\w.-]+/[\w.-]+/latest(@[\w.-]+)?)$"
"""`organisation/model`, or the URI of an embedder. Source of the URI's form: docs/yandex-api.md, Embeddings."""


class VllmArgument(Spec):
    """One argument of the vLLM command line."""

    key: str = Field(
        title="Name", description="Name without the dashes, for example `max-model-len`.", pattern=r"^[a-z][a-z0-9-]*$"
    )
    value: str = Field(title="Value", description="Value as it would stand on the command line.")


class RpsScaling(Spec, title="By requests per second"):
    """Scale out by requests per second."""

    kind: Literal["rps"] = Field(
        default="rps", title="Kind", description="Says which rule this is; a form fills it in."
    )
    value: int = Field(
        default=200, ge=1, title="Requests per second", description="Requests per second for each instance."
    )


class ConcurrencyScaling(Spec, title="By requests at once"):
    """Scale out by requests at once."""

    kind: Literal["concurrency"] = Field(
        default="concurrency", title="Kind", description="Says which rule this is; a form fills it in."
    )
    soft: int = Field(
        default=50,
        ge=1,
        title="Requests at once, soft limit",
        description="Requests at once from which another instance is started.",
    )
    hard: int = Field(
        default=100,
        ge=1,
        title="Requests at once, hard limit",
        description="Requests at once that one instance never exceeds.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.soft > self.hard:
            raise ValueError(f"scaling: soft={self.soft} is above hard={self.hard}; lower soft or raise hard")
        return self


class ScalingSpec(Spec):
    """How many instances."""

    minimum: int = Field(
        default=1,
        ge=0,
        title="Instances, minimum",
        description="Instances kept running; 0 lets an idle model cool down.",
    )
    maximum: int = Field(default=1, ge=1, le=20, title="Instances, maximum", description="Instances at most.")
    rule: Annotated[RpsScaling | ConcurrencyScaling, Field(discriminator="kind", json_schema_extra=any_of)] = Field(
        default=RpsScaling(), title="Rule", description="When another instance is started."
    )
    keep_alive_s: int = Field(
        default=900,
        ge=0,
        title="Keep idle instances, s",
        description="Seconds an idle instance is kept before cooling down, when minimum is 0.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(
                f"scaling: minimum={self.minimum} is above maximum={self.maximum}; raise maximum or lower minimum"
            )
        return self


class InferenceSpec(Spec, title="Own inference"):
    """One inference of ML Inference (Model RUN): all that the console's form asks."""

    source: Literal["ml_inference"] = Field(
        default="ml_inference", title="Source", description="Says that it is an own inference; a form fills it in."
    )
    name: str = Field(
        title="Name", description="Name of the run: lower-case latin letters, digits, hyphens; a letter first."
    )
    repository: str = Field(
        title="Repository",
        description="Hugging Face repository, `organisation/model`; where the block's assumptions allow it, the URI of "
        "an embedder, `emb://...`.",
        pattern=REPOSITORY_PATTERN,
    )
    task: Literal["Embedding", "Score", "Generate"] = Field(title="Task", description="The console's «Задача».")
    revision: str = Field(default="main", title="Revision", description="Branch, tag or commit of the repository.")
    runtime: Literal["vLLM", "SGLang"] = Field(
        default="vLLM", title="Runtime", description="Runtime; SGLang serves Generate only."
    )
    token_secret: str | None = Field(
        default=None,
        title="Another token secret",
        description="Path of a secret with another Hugging Face token, for this model alone; left out: the stack's.",
    )
    token_secret_version: int | None = Field(
        default=None,
        ge=1,
        title="Version of the token secret",
        description="Version of the secret that this model reads; left out: the newest.",
    )
    resource: Literal["A100", "H100", "V100", "CPU"] = Field(
        default="A100", title="Resource", description="What it computes on."
    )
    gpu_count: int = Field(default=1, ge=0, le=8, title="GPUs", description="GPUs for each instance.")
    gpu_memory_gb: int | None = Field(
        default=None,
        ge=1,
        title="GPU memory, GB",
        description="Memory for each GPU in GB; left out: computed from the repository's parameter count.",
    )
    vllm_arguments: tuple[VllmArgument, ...] = Field(
        default=(), title="vLLM arguments", description="Arguments of the runtime."
    )
    keep_running: bool = Field(default=True, title="Keep running", description="The console's «Не выключать модель».")
    scaling: ScalingSpec = Field(
        default=ScalingSpec(), title="Scaling", description="Instances and when they are added."
    )
    authentication: bool = Field(
        default=True,
        title="Authentication",
        description="Ask callers for an IAM token. Off: anyone who knows the URL may call the model.",
    )
    service_account_id: str | None = Field(
        default=None, title="Service account ID", description="Service account of the authentication."
    )
    logging: bool = Field(default=False, title="Logging", description="Send the model's logs to a log group.")
    log_group_id: str | None = Field(
        default=None,
        title="Log group ID",
        description="Log group; left out: the project's default one is found or one is created.",
    )
    ready_within_s: int = Field(
        default=3600, ge=1, title="Ready within, s", description="Deadline in seconds until it must answer."
    )

    @property
    def is_embedder_uri(self) -> bool:
        """Whether the model is an embedder of a tuning service, and no repository of Hugging Face."""
        return self.repository.startswith(EMBEDDER_URI_SCHEME)

    @field_validator("name")
    @classmethod
    def _run_name(cls, name: str) -> str:
        if not re.fullmatch(RUN_NAME_PATTERN, name):
            raise ValueError(
                f"{name!r} is not a name of a run; take lower-case latin letters, digits and hyphens, a letter first"
            )
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.keep_running and self.scaling.minimum < 1:
            raise ValueError(f"{self.name}: keep_running needs scaling.minimum of at least 1")
        if self.runtime == "SGLang" and self.task != "Generate":
            raise ValueError(f"{self.name}: SGLang serves the task Generate only; take vLLM for {self.task}")
        if self.resource != "CPU" and self.gpu_count < 1:
            raise ValueError(f"{self.name}: {self.resource} needs gpu_count of at least 1")
        if self.is_embedder_uri and self.task != "Embedding":
            raise ValueError(f"{self.name}: {self.repository} is an embedder; it has no task {self.task}")
        return self


class FoundationModelSpec(Spec, title="Foundation model"):
    """A model of the vendor's Foundation Models in place of an own inference: nothing to start, no hourly price."""

    source: Literal["foundation_models"] = Field(
        default="foundation_models",
        title="Source",
        description="Says that it is a foundation model; a form fills it in.",
    )
    model: str = Field(
        title="Model", description="Name in Foundation Models, for example `BAAI/bge-reranker-v2-m3`.", min_length=1
    )

    @property
    def name(self) -> str:
        """What it is called among the stack's models."""
        return self.model
