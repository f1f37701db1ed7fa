"""Model RUN (console backend of ML Inference). Source: docs/cloudru-api.md; CONFIRMED unless said otherwise."""

from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from clouds.cloudru.wire.base import CamelWire, Id


class FrameworkType(StrEnum):
    """Runtimes."""

    VLLM = "FrameworkType_VLLM"
    SGLANG = "FrameworkType_SGLANG"
    OLLAMA = "FrameworkType_OLLAMA"
    TRANSFORMERS = "FrameworkType_TRANSFORMERS"
    DIFFUSERS = "FrameworkType_DIFFUSERS"
    COMFY_UI = "FrameworkType_COMFY_UI"


class ResourceType(StrEnum):
    """What a run computes on."""

    GPU_A100_NVLINK = "ResourceType_GPU_A100_NVLINK"
    GPU_H100 = "ResourceType_GPU_H100"
    GPU_V100 = "ResourceType_GPU_V100"
    CPU = "ResourceType_CPU"


class ModelTaskType(StrEnum):
    """The console's Задача. That Embedding, Score and Generate map to these three names is INFERRED."""

    EMBEDDING = "ModelTaskType_EMBEDDING"
    SCORE = "ModelTaskType_SCORE"
    GENERATE = "ModelTaskType_GENERATE"


class ModelRunStatus(StrEnum):
    """Life of a run: allocation, pulling, initialising, running; the order is INFERRED from the names."""

    RESOURCE_ALLOCATION = "MODEL_RUN_STATUS_RESOURCE_ALLOCATION"
    PULLING = "MODEL_RUN_STATUS_PULLING"
    RUNTIME_INITIALIZING = "MODEL_RUN_STATUS_RUNTIME_INITIALIZING"
    RUNNING = "MODEL_RUN_STATUS_RUNNING"
    COOLED = "MODEL_RUN_STATUS_COOLED"
    ON_SUSPENSION = "MODEL_RUN_STATUS_ON_SUSPENSION"
    SUSPENDED = "MODEL_RUN_STATUS_SUSPENDED"
    ON_DELETION = "MODEL_RUN_STATUS_ON_DELETION"
    DELETED = "MODEL_RUN_STATUS_DELETED"
    FAILED = "MODEL_RUN_STATUS_FAILED"


class HuggingFaceRepository(CamelWire):
    """Where the weights lie. `repo` holds `org/model` whole, or only `org`: published both ways (CONFLICT)."""

    repo: str
    model: str = ""
    revision: str = "main"
    file_paths: list[str] = []

    @property
    def full_name(self) -> str:
        """`org/model`, whichever of the two spellings was sent."""
        return f"{self.repo}/{self.model}" if self.model and "/" not in self.repo else self.repo


class OtherRepository(CamelWire):
    """A model of ollama, of the model registry or of ModelScope; `repo` and `model` as for Hugging Face."""

    repo: str = ""
    model: str = ""
    revision: str = ""

    @property
    def full_name(self) -> str:
        """`repo/model`, or the one of them that was sent."""
        return "/".join(filter(None, (self.repo, self.model)))


class ModelSource(CamelWire):
    """Source of a run's model, one of four. What `secret` holds (id, path, id:version) is UNKNOWN; see `assumptions`.

    The three sources beside Hugging Face are CONFIRMED: cloud-ru/evo-aifactory-skills, api-reference.md.
    """

    hugging_face_repository: HuggingFaceRepository | None = None
    ollama: OtherRepository | None = None
    model_registry: OtherRepository | None = None
    model_scope: OtherRepository | None = None
    secret: str = ""
    repo_size: int = 0


class ServingArgument(CamelWire):
    """One `--key value` of the runtime's command line."""

    key: str
    value: str
    parameter_type: str = "PARAMETER_TYPE_ARG_KV_QUOTED"


class DynamicalOptions(CamelWire):
    """Options of the vLLM and SGLang runtimes."""

    args: list[ServingArgument] = []
    lora_modules: list[dict[str, Any]] = []


class ServingOptions(CamelWire):
    """How the runtime is started."""

    dynamical_options: DynamicalOptions = DynamicalOptions()


class RpsRule(CamelWire):
    """Scale out at this many requests per second."""

    value: int


class ConcurrencyRule(CamelWire):
    """Scale out at these many requests at once."""

    soft: int
    hard: int


class ScalingRules(CamelWire):
    """Exactly one of the two."""

    rps_type: RpsRule | None = None
    concurrency_type: ConcurrencyRule | None = None


class KeepAliveDuration(CamelWire):
    """How long an idle instance is kept before it is scaled to zero."""

    hours: int = 0
    minutes: int = 0
    seconds: int = 0


class Scaling(CamelWire):
    """Bounds and rule of scaling; `minScale: 1` keeps the model on (INFERRED)."""

    min_scale: int = 1
    max_scale: int = 1
    scaling_rules: ScalingRules = ScalingRules(rps_type=RpsRule(value=200))
    keep_alive_duration: KeepAliveDuration | None = None


class CreateModelRunRequest(CamelWire):
    """`POST {inference}/{project_id}/modelruns` -> `{modelRunId}`.

    `options` is an object because two of its keys (service account, log group) are INFERRED and can be renamed in
    `assumptions`; `isEnabledAuth` and `isEnabledLogging` are CONFIRMED.
    """

    name: str
    framework_type: str
    resource_type: str
    gpu_count: int
    gpu_gb_memory: int
    model_task_type: str
    runtime_template_id: str
    model_source: ModelSource
    serving_options: ServingOptions = ServingOptions()
    scaling: Scaling = Scaling()
    options: dict[str, Any] = {"isEnabledAuth": False, "isEnabledLogging": False}


class CreateModelRunResponse(CamelWire):
    """Answer of create."""

    model_run_id: Id


class StatusReason(CamelWire):
    """Why a run FAILED. CONFIRMED for the sister service AI Agents, INFERRED here."""

    reason_type: str = ""
    key: str = ""
    message: str = ""


class ModelRun(CamelWire):
    """A run, as listed (the short fields) or read alone (all of them)."""

    model_run_id: Id
    name: str
    status: str
    framework_type: str = ""
    resource_type: str = ""
    gpu_count: int = 0
    gpu_gb_memory: int = 0
    model_task_type: str = ""
    model_source: ModelSource | None = None
    serving_options: ServingOptions | None = None
    scaling: Scaling | None = None
    options: dict[str, Any] = {}
    public_url: str = Field(
        default="",
        validation_alias=AliasChoices("publicUrl", "endpoint", "public_url"),
        serialization_alias="publicUrl",
        description="Published as either of the two keys.",
    )
    created_at: str = ""
    updated_at: str = ""
    status_reason: StatusReason | None = None


class ListModelRunsResponse(CamelWire):
    """`GET {inference}/{project_id}/modelruns?limit&offset`; deleted runs stay in the list.

    Both keys are published, and both are asked for: an answer that leaves one out is not read as an empty list.
    """

    total: int
    model_runs: list[ModelRun]


class GetModelRunResponse(CamelWire):
    """`GET {inference}/{project_id}/modelruns/{id}`; the official CLI also tolerates the bare object."""

    model_run: ModelRun

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, content: Any) -> Any:
        return {"modelRun": content} if isinstance(content, dict) and "modelRunId" in content else content


class Quota(CamelWire):
    """What is left of a resource type."""

    resource_type: str
    free: int
    limit: int


class ListQuotasResponse(CamelWire):
    """`GET {inference}/{project_id}/quotas` or `/quota-usage` (CONFLICT)."""

    data: list[Quota]


class RuntimeTemplateGpu(CamelWire):
    """Whether a runtime template runs on a resource type."""

    resource_type: str
    is_allowed: bool = True
    is_default: bool = False


class RuntimeTemplate(CamelWire):
    """A version of a runtime."""

    id: str
    framework_type: str
    version: str = ""
    is_active: bool = True
    gpus: list[RuntimeTemplateGpu] = []


class ListRuntimeTemplatesResponse(CamelWire):
    """`GET {inference}/{project_id}/runtime-templates` or `/runtime_templates` (CONFLICT), `?limit&offset`."""

    runtime_templates: list[RuntimeTemplate]


class ModelCard(CamelWire):
    """A model of the vendor's catalogue, `GET {inference}/predefined-models`; price in RUB per hour (INFERRED).

    `context_k` is in thousands of tokens (INFERRED from its name). That `modelSource` looks as it does in a run is
    INFERRED.
    """

    id: str
    name: str
    model_source: ModelSource | None = None
    vendor_name: str = ""
    params_bn: float | None = None
    context_k: float | None = None
    price: float | None = None
    tags: list[str] = []
    task_type: str = ""
    license_name: str = ""
    description: str = ""


class ListModelCardsResponse(CamelWire):
    """A page of the catalogue."""

    total: int
    has_more: bool = False
    model_cards: list[ModelCard]
