"""The well-known development values, and what can be set while the sandbox runs (`PATCH /_sandbox/settings`)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from clouds.cloudru.wire.inference import ResourceType
from sandbox.state import State
from sandbox.timeline import Span

PROJECT_ID = "00000000-0000-4000-8000-000000000001"
TENANT_ID = "00000000-0000-4000-8000-000000000002"
KEY_ID = "sandbox-key-id"
KEY_SECRET = "sandbox-key-secret-not-a-real-one"  # noqa: S105  well known, worthless outside the sandbox
KEPT_AS = "settings"
GUEST_KEY_ID = "sandbox-guest-key-id"
GUEST_KEY_SECRET = "sandbox-guest-key-secret-not-a-real-one"  # noqa: S105  well known, and without any role
YANDEX_FOLDER_ID = "b1gsandboxfolder0000"
YANDEX_SERVICE_ACCOUNT_ID = "ajesandboxaccount000"
YANDEX_API_KEY = "AQVNsandbox-api-key-not-a-real-one"  # well known, worthless outside the sandbox
HUGGING_FACE_TOKEN = "hf_sandboxTokenNotARealOne"  # noqa: S105  well known, accepted by this hub only


class RunSpans(BaseModel):
    """Stages of a model run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource_allocation: Span = Span(seconds=0.2)
    pulling: Span = Span(seconds=0.4)
    runtime_initializing: Span = Span(seconds=0.4)
    suspension: Span = Span(seconds=0.2)
    deletion: Span = Span(seconds=0.2)


class KnowledgeBaseSpans(BaseModel):
    """Stages of a knowledge base. `indexing` is the least time a version takes; the real work may take longer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planning: Span = Span()
    indexing: Span = Span()
    search: Span = Span(seconds=0.2)


class ValidationSpans(BaseModel):
    """Stages of a dataset's validation, by default as recorded: a bare operation, one with metadata, then done.

    The real work may take longer than `counting`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: Span = Span(reads=1)
    counting: Span = Span(reads=1)


class TuningSpans(BaseModel):
    """Least durations of the stages of a tuning; the training runs beside them and may take longer.

    `unknown`: the task is NOT_FOUND so long after its start, as the vendor's own examples expect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unknown: Span = Span(seconds=1.0)
    created: Span = Span(reads=1)
    pending: Span = Span(reads=1)


class Settings(BaseModel):
    """Everything that a test or a bench may change; kept in the data directory."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    listed_after_s: float = Field(
        default=0.0, ge=0,
        description="Something new is there at once, and listed or found by name only so many seconds later.",
    )  # fmt: skip
    token_lifetime_s: int = Field(default=3600, ge=1, description="Lifetime of an access token.")
    run_spans: RunSpans = Field(default=RunSpans(), description="Stages of a model run.")
    run_spans_by: dict[str, RunSpans] = Field(
        default={}, description="Stages by run name or, failing that, by task (ModelTaskType_EMBEDDING)."
    )
    knowledge_base_spans: KnowledgeBaseSpans = Field(
        default=KnowledgeBaseSpans(), description="Stages of a knowledge base."
    )
    gpu_limits: dict[str, int] = Field(
        default={
            ResourceType.GPU_A100_NVLINK: 8,
            ResourceType.GPU_H100: 8,
            ResourceType.GPU_V100: 8,
            ResourceType.CPU: 8,
        },
        description="Quota by resource type, in GPUs (for CPU in runs).",
    )
    secret_mapping: Literal["both", "path", "body"] = Field(
        default="both", description="Which of the two published REST mappings Secret Management answers."
    )
    deleted_name_is_taken: bool = Field(default=True, description="The name of a deleted run cannot be used again.")
    bucket_has_log_group: bool = Field(default=True, description="The control plane gives each bucket a log group.")
    project_has_log_group: bool = Field(default=True, description="The project has a log group from the start.")
    known_repositories: list[str] = Field(default=[], description="Repositories known beside the catalogue.")
    failing_repositories: list[str] = Field(
        default=[], description="Of the known ones: a run of theirs is FAILED once it has pulled."
    )
    gated_repositories: list[str] = Field(
        default=[], description="Of the known ones: their pages are shown, their files are refused to every token."
    )
    qwen3_reranker: Literal["works", "refuses", "meaningless"] = Field(
        default="works", description="What Qwen3-Reranker does when it was started without vLLM's overrides."
    )
    wake_s: float = Field(default=0.0, ge=0, description="How long the first request to a COOLED run waits.")
    chat_url: str = Field(default="", description="OpenAI-compatible base URL that answers chats in place of quoting.")
    chat_model: str = Field(default="", description="Model asked for at chat_url.")
    yandex_token_lifetime_s: int = Field(default=43200, ge=1, description="Lifetime of an IAM token of Yandex Cloud.")
    yandex_roles: list[str] = Field(
        default=["ai.editor"], description="Roles of the Yandex service account in its folder; ai.editor has all."
    )
    yandex_operation_lifetime_s: float = Field(
        default=14 * 86400, gt=0, description="After this an operation of Yandex Cloud is NOT_FOUND."
    )
    yandex_validation_spans: ValidationSpans = Field(
        default=ValidationSpans(), description="Stages of a dataset's validation."
    )
    yandex_datasets_limit: int = Field(default=100, ge=0, description="Most datasets in the folder.")
    yandex_min_rows: int = Field(default=1, ge=0, description="A dataset with fewer rows is invalid.")
    yandex_first_row_number: Literal[0, 1] = Field(
        default=1, description="What a validation counts rows from; the service's choice is not published."
    )
    yandex_takes_published_task_types: bool = Field(
        default=False, description="The guide's names of task types (TextEmbeddingPairParams) are taken too."
    )
    yandex_upload_url_lifetime_s: int = Field(
        default=86400, ge=1, description="Lifetime of a presigned URL, by the real time."
    )
    yandex_tunings_per_hour: int = Field(default=3, ge=0, description="Quota of tuning starts.")
    yandex_tunings_per_day: int = Field(default=10, ge=0, description="Quota of tuning starts.")
    yandex_validation_fields: list[Literal["validation_datasets", "validation_dataset"]] = Field(
        default=["validation_datasets", "validation_dataset"],
        description="Fields of a tuning request in which validation data are taken; others are passed over in silence.",
    )
    yandex_tuning_spans: TuningSpans = Field(default=TuningSpans(), description="Stages of a tuning.")
    yandex_tuning_shows_steps: bool = Field(
        default=False,
        description="The operation of a tuning tells IN_PROGRESS and steps; the recorded ones stayed PENDING.",
    )
    yandex_reuses_trainings: bool = Field(
        default=False, description="A tuning of data and parameters that were trained before takes what came of it."
    )
    yandex_embeddings_per_second: int = Field(default=10, ge=0, description="Quota of embedding requests.")
    yandex_embedding_text_tokens: int = Field(default=2000, ge=1, description="Longest text that is embedded.")


class SettingsStore:
    """The settings now. A patch replaces whole top-level keys and is checked before anything changes."""

    def __init__(self, state: State) -> None:
        self._kept = state.collection(KEPT_AS, Settings)
        self.current = self._kept.get("current") or Settings()

    def patch(self, changes: dict[str, Any]) -> Settings:
        """Check, keep and return the settings after the change."""
        self.current = Settings.model_validate({**self.current.model_dump(mode="json"), **changes})
        self._kept.put("current", self.current)
        return self.current

    def reset(self) -> Settings:
        """Go back to the defaults."""
        return self.patch(Settings().model_dump(mode="json"))
