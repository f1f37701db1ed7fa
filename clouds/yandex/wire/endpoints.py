"""Where each service of Yandex AI Studio answers. Local is a URL: only these differ for the sandbox."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

TOKEN_AUDIENCE = "https://iam.api.cloud.yandex.net/iam/v1/tokens"  # noqa: S105  # an address, not a secret
"""Who a JWT for IAM is meant for, wherever it is sent. Source: docs/yandex-api.md, Authentication."""
AI_REST_HOST = "ai.api.cloud.yandex.net"

Address = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):\d{1,5}$")]
"""`host:port` of a gRPC server; an IPv6 host stands in brackets."""


class Endpoints(BaseModel):
    """One `host:port` per gRPC service and one base URL for REST. Source of the defaults: docs/yandex-api.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm: Address = Field(
        default="llm.api.cloud.yandex.net:443",
        title="Models",
        description="host:port of datasets, tunings, embeddings and their operations.",
    )
    assistant: Address = Field(
        default="assistant.api.cloud.yandex.net:443",
        title="Files and indexes",
        description="host:port of files and search indexes.",
    )
    operation: Address = Field(
        default="operation.api.cloud.yandex.net:443",
        title="Operations",
        description="host:port of the operations of search indexes.",
    )
    iam: Address = Field(
        default="iam.api.cloud.yandex.net:443", title="IAM", description="host:port of IAM: access tokens."
    )
    ai_rest: str = Field(
        default=f"https://{AI_REST_HOST}",
        title="REST",
        description="Base URL of the REST API: search in a vector store.",
        pattern=r"^https?://[^\s/]+",
    )
    tls: bool = Field(
        default=True, title="TLS", description="Encrypt gRPC; without it only hosts of this machine are called."
    )
    ca_file: Annotated[Path, Field(title="file")] | Annotated[None, Field(title="left out")] = Field(
        default=None,
        title="CA file",
        description="PEM file with the authorities to trust, gRPC and HTTPS; left out: the public ones.",
    )

    @model_validator(mode="after")
    def _plaintext_stays_here(self) -> Self:
        if not self.tls:
            for name in ("llm", "assistant", "operation", "iam"):
                address: str = getattr(self, name)
                if not is_loopback(urlsplit(f"//{address}").hostname or ""):
                    raise ValueError(
                        f"endpoints.{name} is {address}, but tls is off: the token would be readable on the way, so "
                        "that only 127.0.0.1 and localhost are called without TLS; turn tls on"
                    )
        rest = urlsplit(self.ai_rest)
        if rest.scheme == "http" and not is_loopback(rest.hostname or ""):
            raise ValueError(f"endpoints.ai_rest is {self.ai_rest}: outside this machine it must begin with https://")
        return self

    @property
    def is_sandbox(self) -> bool:
        """Whether the REST API answers below its vendor host name, as `local` writes it: nothing is billed there."""
        return urlsplit(self.ai_rest).path == f"/{AI_REST_HOST}"

    @classmethod
    def local(cls, grpc: str, base_url: str) -> Self:
        """Return the endpoints of a sandbox: `grpc` its `127.0.0.1:Q`, `base_url` its `http://127.0.0.1:P`."""
        rest = f"{base_url.rstrip('/')}/{AI_REST_HOST}"
        return cls(llm=grpc, assistant=grpc, operation=grpc, iam=grpc, ai_rest=rest, tls=False)


def is_loopback(host: str) -> bool:
    """Say whether a host, without its port, is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
