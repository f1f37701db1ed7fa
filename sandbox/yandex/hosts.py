"""Where each service answers in production, which role it asks for, and which of its methods change something.

One gRPC port serves every service, so the service's name says which host a call meant.
Source: docs/yandex-api.md, hosts and roles.
"""

from dataclasses import dataclass

LLM = "llm.api.cloud.yandex.net"
AI = "ai.api.cloud.yandex.net"
ASSISTANT = "assistant.api.cloud.yandex.net"
REST_ASSISTANT = "rest-assistant.api.cloud.yandex.net"
OPERATION = "operation.api.cloud.yandex.net"
IAM = "iam.api.cloud.yandex.net"
DISCOVERY = "api.cloud.yandex.net"

EVERYTHING = "ai.editor"
"""The role that includes every other one here."""


@dataclass(frozen=True)
class Service:
    """A gRPC service; `role` is empty where any authenticated caller will do, `open`: without authentication."""

    host: str
    role: str = ""
    open: bool = False


SERVICES = {
    "yandex.cloud.endpoint.ApiEndpointService": Service(DISCOVERY, open=True),
    "yandex.cloud.iam.v1.IamTokenService": Service(IAM, open=True),
    "yandex.cloud.operation.OperationService": Service(OPERATION),
    "yandex.cloud.ai.dataset.v1.DatasetService": Service(LLM, "ai.datasets.editor"),
    "yandex.cloud.ai.tuning.v1.TuningService": Service(LLM, "ai.models.editor"),
    "yandex.cloud.ai.foundation_models.v1.EmbeddingsService": Service(LLM, "ai.languageModels.user"),
    "yandex.cloud.ai.files.v1.FileService": Service(ASSISTANT, "ai.assistants.editor"),
    "yandex.cloud.ai.assistants.v1.searchindex.SearchIndexService": Service(ASSISTANT, "ai.assistants.editor"),
    "yandex.cloud.ai.assistants.v1.searchindex.SearchIndexFileService": Service(ASSISTANT, "ai.assistants.editor"),
}
READING = ("Get", "List", "Describe", "TextEmbedding")


@dataclass(frozen=True)
class Method:
    """A gRPC method, taken apart: `/{service_name}/{name}`."""

    service_name: str
    name: str

    @classmethod
    def of(cls, path: str) -> "Method":
        """Take the path of a call apart."""
        service_name, _, name = path.removeprefix("/").partition("/")
        return cls(service_name, name)

    @property
    def service(self) -> Service:
        """The service that it belongs to."""
        return SERVICES[self.service_name]

    @property
    def is_mutating(self) -> bool:
        """Whether it may change what there is in the folder."""
        return not self.service.open and not self.name.startswith(READING)
