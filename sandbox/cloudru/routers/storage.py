"""Object Storage's control plane. Source: docs/cloudru-api.md, Object Storage."""

from typing import Any

from fastapi import APIRouter

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.storage import CreateBucketRequest
from sandbox.cloudru.routers.caller import CallerDep, ProjectDep, ServicesDep, prefix_of
from sandbox.settings import PROJECT_ID

router = APIRouter(prefix=prefix_of(Endpoints().storage_control))


@router.get("/v2/projects/{project_id}")
def get_tenant(project_id: ProjectDep, services: ServicesDep) -> dict[str, Any]:  # noqa: ARG001  checked
    """Return the tenant of a project."""
    return services.storage.tenant().to_wire()


@router.get("/v1/tenants/{tenant_id}/buckets")
def list_buckets(tenant_id: str, caller: CallerDep, services: ServicesDep) -> dict[str, Any]:
    """Return the registered buckets."""
    services.iam.authorise(caller, PROJECT_ID)
    services.storage.check_tenant(tenant_id)
    return {"buckets": [bucket.to_wire() for bucket in services.storage.all()]}


@router.post("/v1/tenants/{tenant_id}/buckets", status_code=201)
def create_bucket(
    tenant_id: str, body: CreateBucketRequest, caller: CallerDep, services: ServicesDep
) -> dict[str, Any]:
    """Make and register a bucket."""
    services.iam.authorise(caller, PROJECT_ID)
    services.storage.check_tenant(tenant_id)
    return services.storage.create(body).to_wire()
