"""Secret Management v2, path based. Source: docs/cloudru-api.md (CONFIRMED, with two published REST mappings)."""

from enum import StrEnum

from clouds.cloudru.wire.base import CamelWire, Id


class SecretVersionState(StrEnum):
    """State of a secret's version."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DESTROYED = "DESTROYED"


class SecretVersion(CamelWire):
    """A version of a secret; the first is number 1 (INFERRED)."""

    id: int
    state: str = SecretVersionState.ENABLED
    created_at: str = ""


class Secret(CamelWire):
    """A secret without its value; a listing of the other mapping is only known to tell its path."""

    path: Id
    id: str = ""
    name: str = ""
    folder_id: str = ""
    description: str = ""
    labels: dict[str, str] = {}
    service_instance_id: str = ""
    project_id: str = ""
    kms_key_id: str = ""
    versions: list[SecretVersion] = []
    created_at: str = ""


class CreateSecretRequest(CamelWire):
    """`POST /v2/secret/{path}` (or `POST /v2/secret` with `path` in the body) -> `{secret}`; 409 when it exists."""

    project_id: str
    payload: str
    """Base64 of the value."""
    path: str | None = None
    description: str = ""
    labels: dict[str, str] = {}


class AddSecretVersionRequest(CamelWire):
    """`POST /v2/secret/{path}/version` (or `POST /v2/version` with `path` in the body) -> `{secret, version}`."""

    project_id: str
    payload: str
    path: str | None = None


class SecretResponse(CamelWire):
    """Answer of create and get."""

    secret: Secret


class SecretVersionResponse(CamelWire):
    """Answer of a new version; the other mapping may leave `secret` out (UNKNOWN)."""

    version: SecretVersion
    secret: Secret | None = None


class AccessSecretResponse(CamelWire):
    """`GET /v2/secret/{path}/access?projectId&version` (or `GET /v2/version/{path}`) -> the value in base64."""

    payload: str
    secret: Secret | None = None
    version: SecretVersion | None = None


class SearchSecretsResponse(CamelWire):
    """`GET /v2/secret?projectId&folderPath&depth` -> the secrets below a folder."""

    secrets: list[Secret]
