"""Log groups. Source: docs/cloudru-api.md, Managed RAG, log groups."""

from typing import Any

from fastapi import APIRouter

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.logs import CreateLogGroupRequest, ListLogGroupsResponse
from sandbox.cloudru.routers.caller import ProjectDep, ServicesDep, prefix_of

router = APIRouter(prefix=prefix_of(Endpoints().logs))


@router.get("/{project_id}/log-groups")
def list_log_groups(project_id: ProjectDep, services: ServicesDep) -> dict[str, Any]:  # noqa: ARG001  checked
    """Return every log group."""
    return ListLogGroupsResponse(log_groups=services.logs.listed()).to_wire()


@router.post("/{project_id}/log-group")
def create_log_group(
    project_id: ProjectDep,  # noqa: ARG001  checked
    body: CreateLogGroupRequest,
    services: ServicesDep,
) -> dict[str, str]:
    """Make a log group."""
    return {"id": services.logs.create(body).id}
