"""Secret Management v2 in both published REST mappings. Source: docs/cloudru-api.md, Secret Management."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from clouds.cloudru.wire.base import CamelWire
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.secret import (
    AddSecretVersionRequest,
    CreateSecretRequest,
    SearchSecretsResponse,
    SecretResponse,
    SecretVersionResponse,
    SecretVersionState,
)
from sandbox.cloudru.routers.caller import CallerDep, CloudDep, prefix_of
from sandbox.errors import GrpcCode, RpcError


class UpdateSecretRequest(CamelWire):
    """`PUT /v2/secret/{path}`."""

    project_id: str
    description: str | None = None
    labels: dict[str, str] | None = None


def authorise_query(project_id: Annotated[str, Query(alias="projectId")], caller: CallerDep, cloud: CloudDep) -> None:
    """Refuse unless the caller has a role in `projectId`."""
    cloud.iam.authorise(caller, project_id)


def answers_in(mapping: str) -> Callable[[CloudDep], None]:
    """Return a check that this mapping is one that the settings let answer."""

    def check(cloud: CloudDep) -> None:
        if cloud.host.settings.secret_mapping not in ("both", mapping):
            raise RpcError(GrpcCode.NOT_FOUND, "Not Found")

    return check


def check_listed(path: str, cloud: CloudDep) -> None:
    """Refuse a secret that is too new to be found."""
    cloud.secret.check_listed(path)


BASE = prefix_of(Endpoints().secret)
IN_PROJECT = [Depends(authorise_query)]
READ = [*IN_PROJECT, Depends(check_listed)]
in_path = APIRouter(prefix=BASE, dependencies=[Depends(answers_in("path"))])
in_body = APIRouter(prefix=BASE, dependencies=[Depends(answers_in("body"))])
in_both = APIRouter(prefix=BASE)


@in_path.get("/v2/secret/{path:path}/access", dependencies=READ)
def access_secret(path: str, cloud: CloudDep, version: int | None = None) -> dict[str, Any]:
    """Return a value."""
    return cloud.secret.access(path, version, cloud.host.settings.listed_after_s).to_wire()


@in_path.get("/v2/secret/{path:path}/search", dependencies=IN_PROJECT)
def search_secrets(path: str, cloud: CloudDep, depth: int = -1, exact: str = "", regex: str = "") -> dict[str, Any]:
    """Return the secrets below a folder."""
    return SearchSecretsResponse(secrets=cloud.secret.search(path, depth, exact, regex)).to_wire()


@in_path.post("/v2/secret/{path:path}/version")
def add_version(path: str, body: AddSecretVersionRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Add a version."""
    cloud.iam.authorise(caller, body.project_id)
    secret, version = cloud.secret.add_version(path, body)
    return SecretVersionResponse(secret=secret, version=version).to_wire()


@in_path.put("/v2/secret/{path:path}/version/{number}", dependencies=IN_PROJECT)
def enable_version(path: str, number: int, enabled: bool, cloud: CloudDep) -> dict[str, Any]:  # noqa: FBT001
    """Enable or disable a version."""
    state = SecretVersionState.ENABLED if enabled else SecretVersionState.DISABLED
    secret, version = cloud.secret.set_state(path, number, state)
    return SecretVersionResponse(secret=secret, version=version).to_wire()


@in_path.delete("/v2/secret/{path:path}/version/{number}", dependencies=IN_PROJECT)
def destroy_version(path: str, number: int, cloud: CloudDep) -> dict[str, Any]:
    """Destroy a version's value."""
    secret, _ = cloud.secret.set_state(path, number, SecretVersionState.DESTROYED)
    return SecretResponse(secret=secret).to_wire()


@in_path.post("/v2/secret/{path:path}")
def create_secret(path: str, body: CreateSecretRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Make a secret."""
    cloud.iam.authorise(caller, body.project_id)
    return SecretResponse(secret=cloud.secret.create(path, body)).to_wire()


@in_path.get("/v2/secret/{path:path}", dependencies=READ)
def get_secret(path: str, cloud: CloudDep) -> dict[str, Any]:
    """Return a secret without its values."""
    return SecretResponse(secret=cloud.secret.get(path)).to_wire()


@in_path.put("/v2/secret/{path:path}")
def update_secret(path: str, body: UpdateSecretRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Change description or labels."""
    cloud.iam.authorise(caller, body.project_id)
    return SecretResponse(secret=cloud.secret.update(path, body.description, body.labels)).to_wire()


@in_both.delete("/v2/secret/{path:path}", dependencies=IN_PROJECT)
def delete_secret(path: str, cloud: CloudDep) -> dict[str, Any]:
    """Remove a secret."""
    cloud.secret.delete(path)
    return {}


@in_body.post("/v2/secret")
def create_secret_of_body(body: CreateSecretRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Make a secret at the body's path."""
    cloud.iam.authorise(caller, body.project_id)
    return SecretResponse(secret=cloud.secret.create(body.path or "", body)).to_wire()


@in_body.post("/v2/version")
def add_version_of_body(body: AddSecretVersionRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Add a version to the secret at the body's path."""
    cloud.iam.authorise(caller, body.project_id)
    secret, version = cloud.secret.add_version(body.path or "", body)
    return SecretVersionResponse(secret=secret, version=version).to_wire()


@in_body.get("/v2/version/{path:path}", dependencies=READ)
def access_version(path: str, cloud: CloudDep, version: int | None = None) -> dict[str, Any]:
    """Return a value."""
    return cloud.secret.access(path, version, cloud.host.settings.listed_after_s).to_wire()


@in_body.get("/v2/secret", dependencies=IN_PROJECT)
def list_secrets(
    cloud: CloudDep, folder_path: Annotated[str, Query(alias="folderPath")] = "", depth: int = -1
) -> dict[str, Any]:
    """Return the secrets below a folder."""
    return SearchSecretsResponse(secrets=cloud.secret.search(folder_path, depth)).to_wire()


router = APIRouter()
router.include_router(in_body)
router.include_router(in_path)
router.include_router(in_both)
