"""The two published REST mappings of Secret Management v2. Source: docs/cloudru-api.md, Secret Management."""

from typing import Protocol, TypeVar
from urllib.parse import quote

from clouds.about import check_about
from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.secret import (
    AccessSecretResponse,
    AddSecretVersionRequest,
    CreateSecretRequest,
    SearchSecretsResponse,
    Secret,
    SecretResponse,
    SecretVersion,
    SecretVersionResponse,
)
from clouds.errors import NotFoundError

About = TypeVar("About", AccessSecretResponse, SecretResponse)
NOT_FOUND = 404


class SecretMapping(Protocol):
    """How the calls are written. Every call raises NotFoundError, or another APIError when the path is unknown."""

    def create(self, path: str, payload: str, description: str) -> Secret:
        """Create the secret with its first version; `payload` is base64."""
        ...

    def add_version(self, path: str, payload: str) -> SecretVersion:
        """Add a version; `payload` is base64."""
        ...

    def access(self, path: str) -> AccessSecretResponse:
        """Read the value of the newest version."""
        ...

    def get(self, path: str) -> Secret:
        """Read all but the value."""
        ...

    def delete(self, path: str) -> None:
        """Delete the secret with all its versions."""
        ...


class PathInUrl:
    """`/v2/secret/{path}...`, the swagger of cloudru-tech/secret-manager-sdk."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._transport = connection.transport
        self._project = {"projectId": connection.project_id}
        self._base = f"{connection.endpoints.secret.rstrip('/')}/v2/secret"

    def create(self, path: str, payload: str, description: str) -> Secret:
        """`POST /v2/secret/{path}`."""
        body = CreateSecretRequest(project_id=self._project["projectId"], payload=payload, description=description)
        return self._transport.ask(SecretResponse, "POST", f"{self._base}/{quote(path)}", json=body.to_wire()).secret

    def add_version(self, path: str, payload: str) -> SecretVersion:
        """`POST /v2/secret/{path}/version`."""
        body = AddSecretVersionRequest(project_id=self._project["projectId"], payload=payload)
        url = f"{self._base}/{quote(path)}/version"
        return self._transport.ask(SecretVersionResponse, "POST", url, json=body.to_wire()).version

    def access(self, path: str) -> AccessSecretResponse:
        """`GET /v2/secret/{path}/access`."""
        url = f"{self._base}/{quote(path)}/access"
        return _about(path, self._transport.ask(AccessSecretResponse, "GET", url, params=self._project))

    def get(self, path: str) -> Secret:
        """`GET /v2/secret/{path}`."""
        url = f"{self._base}/{quote(path)}"
        return _about(path, self._transport.ask(SecretResponse, "GET", url, params=self._project)).secret

    def delete(self, path: str) -> None:
        """`DELETE /v2/secret/{path}`."""
        self._transport.request("DELETE", f"{self._base}/{quote(path)}", params=self._project)


class PathInBody:
    """`/v2/secret` and `/v2/version`, as two third-party clients use them."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._transport = connection.transport
        self._project = {"projectId": connection.project_id}
        self._base = f"{connection.endpoints.secret.rstrip('/')}/v2"

    def create(self, path: str, payload: str, description: str) -> Secret:
        """`POST /v2/secret`."""
        body = CreateSecretRequest(
            project_id=self._project["projectId"], payload=payload, path=path, description=description
        )
        return self._transport.ask(SecretResponse, "POST", f"{self._base}/secret", json=body.to_wire()).secret

    def add_version(self, path: str, payload: str) -> SecretVersion:
        """`POST /v2/version`."""
        body = AddSecretVersionRequest(project_id=self._project["projectId"], payload=payload, path=path)
        return self._transport.ask(SecretVersionResponse, "POST", f"{self._base}/version", json=body.to_wire()).version

    def access(self, path: str) -> AccessSecretResponse:
        """`GET /v2/version/{path}`."""
        url = f"{self._base}/version/{quote(path)}"
        return _about(path, self._transport.ask(AccessSecretResponse, "GET", url, params=self._project))

    def get(self, path: str) -> Secret:
        """`GET /v2/secret?folderPath=`: the secret among those of its folder."""
        folder = path.rpartition("/")[0]
        params = {**self._project, "folderPath": folder, "depth": 1}
        found = self._transport.ask(SearchSecretsResponse, "GET", f"{self._base}/secret", params=params).secrets
        for secret in found:
            if secret.path.strip("/") == path:
                return secret
        raise NotFoundError(f"there is no secret at {path!r}", NOT_FOUND, "NOT_FOUND")

    def delete(self, path: str) -> None:
        """`DELETE /v2/secret/{path}`: INFERRED from the other mapping, no client of this one deletes."""
        self._transport.request("DELETE", f"{self._base}/secret/{quote(path)}", params=self._project)


def _about(path: str, answer: About) -> About:
    """Return an answer that is about the secret at `path`, or that tells no path, as the other mapping may."""
    if answer.secret is not None:
        check_about(path, answer.secret.path.strip("/"), subject=f"the secret {path!r}")
    return answer
