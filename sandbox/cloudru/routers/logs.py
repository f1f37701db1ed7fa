"""Log groups. Source: docs/cloudru-api.md, Managed RAG, log groups."""

from typing import Any

from fastapi import APIRouter

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.logs import CreateLogGroupRequest, ListLogGroupsResponse
from sandbox.cloudru.routers.caller import CloudDep, ProjectDep, prefix_of

router = APIRouter(prefix=prefix_of(Endpoints().logs))


@router.get("/{project_id}/log-groups")
def list_log_groups(project_id: ProjectDep, cloud: CloudDep) -> dict[str, Any]:  # noqa: ARG001  checked
    """Return every log group."""
    return ListLogGroupsResponse(log_groups=cloud.logs.listed()).to_wire()


@router.post("/{project_id}/log-group")
def create_log_group(
    project_id: ProjectDep,  # noqa: ARG001  checked
    body: CreateLogGroupRequest,
    cloud: CloudDep,
) -> dict[str, str]:
    """Make a log group."""
    return {"id": cloud.logs.create(body).id}
