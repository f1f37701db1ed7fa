"""Object Storage's control plane. Source: docs/cloudru-api.md, Object Storage."""

from typing import Any

from fastapi import APIRouter

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.storage import CreateBucketRequest
from sandbox.cloudru.routers.caller import CallerDep, CloudDep, ProjectDep, prefix_of
from sandbox.settings import PROJECT_ID

router = APIRouter(prefix=prefix_of(Endpoints().storage_control))


@router.get("/v2/projects/{project_id}")
def get_tenant(project_id: ProjectDep, cloud: CloudDep) -> dict[str, Any]:  # noqa: ARG001  checked
    """Return the tenant of a project."""
    return cloud.storage.tenant().to_wire()


@router.get("/v1/tenants/{tenant_id}/buckets")
def list_buckets(tenant_id: str, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Return the registered buckets."""
    cloud.iam.authorise(caller, PROJECT_ID)
    cloud.storage.check_tenant(tenant_id)
    return {"buckets": [bucket.to_wire() for bucket in cloud.storage.all()]}


@router.post("/v1/tenants/{tenant_id}/buckets", status_code=201)
def create_bucket(tenant_id: str, body: CreateBucketRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Make and register a bucket."""
    cloud.iam.authorise(caller, PROJECT_ID)
    cloud.storage.check_tenant(tenant_id)
    return cloud.storage.create(body).to_wire()
