"""Where each service of Cloud.ru Evolution answers. Local is a URL: only these differ for the sandbox."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Endpoints(BaseModel):
    """One base URL or URL template per service. Source of the defaults: docs/cloudru-api.md."""

    model_config = ConfigDict(frozen=True)

    iam: str = Field(default="https://iam.api.cloud.ru", title="IAM", description="IAM: access tokens.")
    storage: str = Field(
        default="https://s3.cloud.ru", title="Object Storage", description="Object Storage (S3), path style."
    )
    storage_control: str = Field(
        default="https://console.cloud.ru/u-api/s3e-controller",
        title="Object Storage, console",
        description="Console backend of Object Storage: tenant of a project, bucket registration.",
    )
    secret: str = Field(
        default="https://secretmanager.api.cloud.ru", title="Secret Management", description="Secret Management."
    )
    inference: str = Field(
        default="https://console.cloud.ru/u-api/inference/model-run/v1",
        title="ML Inference",
        description="Console backend of ML Inference (Model RUN).",
    )
    model: str = Field(
        default="https://{model_run_id}.modelrun.inference.cloud.ru",
        title="Running model",
        description="A running model; {model_run_id} is filled in.",
    )
    foundation_models: str = Field(
        default="https://foundation-models.api.cloud.ru",
        title="Foundation Models",
        description="Foundation Models; asked only for the list of their names.",
    )
    knowledge: str = Field(
        default="https://managed-rag.api.cloud.ru", title="Managed RAG", description="Managed RAG, public API v1."
    )
    knowledge_control: str = Field(
        default="https://console.cloud.ru/u-api/managed-rag/user-plane",
        title="Managed RAG, console",
        description="Console backend of Managed RAG: the only place that creates a knowledge base.",
    )
    search: str = Field(
        default="https://{knowledge_base_id}.managed-rag.inference.cloud.ru",
        title="Search",
        description="Search API of a knowledge base; {knowledge_base_id} is filled in.",
    )
    logs: str = Field(
        default="https://console.cloud.ru/u-api/logaas-bff-console/v1",
        title="Log groups",
        description="Console backend of log groups.",
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether one server hosts every service under its vendor host name, as `under` writes it: nothing is billed.

        An address on this machine is no proof: it may be a tunnel to the cloud.
        """
        return self == type(self).under(self.storage)

    @classmethod
    def under(cls, base_url: str) -> Self:
        """Return the endpoints of a server that hosts every service under its vendor host name.

        `https://iam.api.cloud.ru/...` becomes `{base_url}/iam.api.cloud.ru/...`; signed S3 requests go to the bare
        `base_url`, because a signature tells them from the rest and S3 clients do not take a path in an endpoint.
        """
        base = base_url.rstrip("/")
        moved = {name: f"{base}/{field.default.removeprefix('https://')}" for name, field in cls.model_fields.items()}
        return cls(**{**moved, "storage": base})
