"""Managed RAG: the public API v1 and the console backend that creates. Source: docs/cloudru-api.md, Managed RAG."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AliasChoices, Field

from clouds.cloudru.wire.base import SnakeWire
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.knowledge import (
    CreateKnowledgeBaseRequest,
    CreateVersionRequest,
    ListKnowledgeBasesResponse,
    ListVersionsResponse,
    ReindexRequest,
)
from sandbox.arrival import Arrival
from sandbox.cloudru.cloud import CloudRu
from sandbox.cloudru.knowledge_state import StoredKnowledgeBase, StoredVersion
from sandbox.cloudru.paging import ordered, page_of
from sandbox.cloudru.routers.caller import ArrivalDep, CallerDep, CloudDep, ProjectDep, prefix_of
from sandbox.cloudru.routers.knowledge_views import SEARCH_URL, knowledge_base_view, version_view

PUBLIC = f"{prefix_of(Endpoints().knowledge)}/v1/knowledge-bases"
CONSOLE = f"{prefix_of(Endpoints().knowledge_control)}/api/v2/knowledge-bases"
router = APIRouter()

FieldQuery = Annotated[str, Query(alias="order_by.field")]
DirectionQuery = Annotated[str, Query(alias="order_by.direction")]


class ProjectBody(SnakeWire):
    """The body that names only the project."""

    project_id: Annotated[str, Field(validation_alias=AliasChoices("project_id", "projectId"))]


def _base(cloud: CloudRu, arrival: Arrival, base: StoredKnowledgeBase) -> dict[str, Any]:
    return knowledge_base_view(cloud, base, arrival.url(SEARCH_URL.format(base.id))).to_wire()


def _version(cloud: CloudRu, version: StoredVersion) -> dict[str, Any]:
    return version_view(cloud, version).to_wire()


@router.get(PUBLIC)
def list_knowledge_bases(  # noqa: D103  the URL says it
    project_id: ProjectDep,
    cloud: CloudDep,
    arrival: ArrivalDep,
    page_size: int = 50,
    page_token: str = "",
    field: FieldQuery = "",
    direction: DirectionQuery = "",
) -> dict[str, Any]:
    bases = [
        knowledge_base_view(cloud, base, arrival.url(SEARCH_URL.format(base.id)))
        for base in cloud.knowledge.all(project_id)
    ]
    in_order = ordered(
        bases,
        field,
        direction,
        prefix="KNOWLEDGEBASE_ORDER_BY_",
        keys={
            "CREATED_AT": lambda base: base.created_at,
            "NAME": lambda base: base.name,
            "STATUS": lambda base: base.status,
            "UPDATED_AT": lambda base: base.updated_at,
        },
    )
    data, next_page_token = page_of(in_order, page_size, page_token)
    return ListKnowledgeBasesResponse(data=data, next_page_token=next_page_token).to_wire()


@router.get(f"{PUBLIC}/versions")
def list_versions(  # noqa: D103  the URL says it
    project_id: ProjectDep,
    knowledgebase_id: str,
    cloud: CloudDep,
    page_size: int = 50,
    page_token: str = "",
    field: FieldQuery = "",
    direction: DirectionQuery = "",
) -> dict[str, Any]:
    versions = [version_view(cloud, v) for v in cloud.knowledge.versions(knowledgebase_id, project_id)]
    in_order = ordered(
        versions,
        field,
        direction,
        prefix="KNOWLEDGEBASE_VERSION_ORDER_BY_",
        keys={
            "CREATED_AT": lambda version: version.created_at,
            "UUID": lambda version: version.knowledgebase_version_id,
            "STATUS": lambda version: version.status,
            "UPDATED_AT": lambda version: version.updated_at,
        },
    )
    data, next_page_token = page_of(in_order, page_size, page_token)
    return ListVersionsResponse(data=data, next_page_token=next_page_token).to_wire()


@router.get(f"{PUBLIC}/versions/{{version_id}}")
def get_version(version_id: str, project_id: ProjectDep, cloud: CloudDep) -> dict[str, Any]:
    """Return a version."""
    return _version(cloud, cloud.knowledge.version(version_id, project_id))


@router.post(f"{PUBLIC}/versions/{{version_id}}")
def cancel_version(version_id: str, body: ProjectBody, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Cancel the build of a version."""
    cloud.iam.authorise(caller, body.project_id)
    return _version(cloud, cloud.knowledge.cancel(version_id, body.project_id))


@router.post(f"{PUBLIC}/versions/{{version_id}}/reindex")
def reindex_version(version_id: str, body: ReindexRequest, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Build a version anew."""
    cloud.iam.authorise(caller, body.project_id)
    return _version(cloud, cloud.knowledge.reindex(version_id, body.knowledgebase_id, body.project_id))


@router.get(f"{PUBLIC}/{{knowledge_base_id}}")
@router.get(f"{CONSOLE}/{{knowledge_base_id}}")
def get_knowledge_base(
    knowledge_base_id: str, project_id: ProjectDep, cloud: CloudDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Return a knowledge base."""
    return _base(cloud, arrival, cloud.knowledge.get(knowledge_base_id, project_id))


@router.delete(f"{PUBLIC}/{{knowledge_base_id}}")
def delete_knowledge_base(
    knowledge_base_id: str, body: ProjectBody, caller: CallerDep, cloud: CloudDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Forget a knowledge base and return it."""
    cloud.iam.authorise(caller, body.project_id)
    as_it_was = _base(cloud, arrival, cloud.knowledge.get(knowledge_base_id, body.project_id))
    cloud.knowledge.delete(knowledge_base_id, body.project_id)
    return as_it_was


@router.post(CONSOLE)
def create_knowledge_base(
    body: CreateKnowledgeBaseRequest, caller: CallerDep, cloud: CloudDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Make a knowledge base."""
    cloud.iam.authorise(caller, body.project_id)
    return _base(cloud, arrival, cloud.knowledge.create(body, caller.name))


@router.post(f"{CONSOLE}/{{knowledge_base_id}}/versions")
def create_version(
    knowledge_base_id: str, body: CreateVersionRequest, caller: CallerDep, cloud: CloudDep
) -> dict[str, Any]:
    """Make another version. The whole call is INFERRED."""
    cloud.iam.authorise(caller, body.project_id)
    configuration = body.knowledgebase_version_configuration
    version = cloud.knowledge.create_version(knowledge_base_id, body.project_id, configuration, caller.name)
    return _version(cloud, version)
