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
from sandbox.cloudru.knowledge_state import StoredKnowledgeBase, StoredVersion
from sandbox.cloudru.paging import ordered, page_of
from sandbox.cloudru.routers.caller import ArrivalDep, CallerDep, ProjectDep, ServicesDep, prefix_of
from sandbox.cloudru.routers.knowledge_views import SEARCH_URL, knowledge_base_view, version_view
from sandbox.dispatch import Arrival
from sandbox.services import Services

PUBLIC = f"{prefix_of(Endpoints().knowledge)}/v1/knowledge-bases"
CONSOLE = f"{prefix_of(Endpoints().knowledge_control)}/api/v2/knowledge-bases"
router = APIRouter()

FieldQuery = Annotated[str, Query(alias="order_by.field")]
DirectionQuery = Annotated[str, Query(alias="order_by.direction")]


class ProjectBody(SnakeWire):
    """The body that names only the project."""

    project_id: Annotated[str, Field(validation_alias=AliasChoices("project_id", "projectId"))]


def _base(services: Services, arrival: Arrival, base: StoredKnowledgeBase) -> dict[str, Any]:
    return knowledge_base_view(services, base, arrival.url(SEARCH_URL.format(base.id))).to_wire()


def _version(services: Services, version: StoredVersion) -> dict[str, Any]:
    return version_view(services, version).to_wire()


@router.get(PUBLIC)
def list_knowledge_bases(  # noqa: D103  the URL says it
    project_id: ProjectDep,
    services: ServicesDep,
    arrival: ArrivalDep,
    page_size: int = 50,
    page_token: str = "",
    field: FieldQuery = "",
    direction: DirectionQuery = "",
) -> dict[str, Any]:
    bases = [
        knowledge_base_view(services, base, arrival.url(SEARCH_URL.format(base.id)))
        for base in services.knowledge.all(project_id)
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
    services: ServicesDep,
    page_size: int = 50,
    page_token: str = "",
    field: FieldQuery = "",
    direction: DirectionQuery = "",
) -> dict[str, Any]:
    versions = [version_view(services, v) for v in services.knowledge.versions(knowledgebase_id, project_id)]
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
def get_version(version_id: str, project_id: ProjectDep, services: ServicesDep) -> dict[str, Any]:
    """Return a version."""
    return _version(services, services.knowledge.version(version_id, project_id))


@router.post(f"{PUBLIC}/versions/{{version_id}}")
def cancel_version(version_id: str, body: ProjectBody, caller: CallerDep, services: ServicesDep) -> dict[str, Any]:
    """Cancel the build of a version."""
    services.iam.authorise(caller, body.project_id)
    return _version(services, services.knowledge.cancel(version_id, body.project_id))


@router.post(f"{PUBLIC}/versions/{{version_id}}/reindex")
def reindex_version(version_id: str, body: ReindexRequest, caller: CallerDep, services: ServicesDep) -> dict[str, Any]:
    """Build a version anew."""
    services.iam.authorise(caller, body.project_id)
    return _version(services, services.knowledge.reindex(version_id, body.knowledgebase_id, body.project_id))


@router.get(f"{PUBLIC}/{{knowledge_base_id}}")
@router.get(f"{CONSOLE}/{{knowledge_base_id}}")
def get_knowledge_base(
    knowledge_base_id: str, project_id: ProjectDep, services: ServicesDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Return a knowledge base."""
    return _base(services, arrival, services.knowledge.get(knowledge_base_id, project_id))


@router.delete(f"{PUBLIC}/{{knowledge_base_id}}")
def delete_knowledge_base(
    knowledge_base_id: str, body: ProjectBody, caller: CallerDep, services: ServicesDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Forget a knowledge base and return it."""
    services.iam.authorise(caller, body.project_id)
    as_it_was = _base(services, arrival, services.knowledge.get(knowledge_base_id, body.project_id))
    services.knowledge.delete(knowledge_base_id, body.project_id)
    return as_it_was


@router.post(CONSOLE)
def create_knowledge_base(
    body: CreateKnowledgeBaseRequest, caller: CallerDep, services: ServicesDep, arrival: ArrivalDep
) -> dict[str, Any]:
    """Make a knowledge base."""
    services.iam.authorise(caller, body.project_id)
    return _base(services, arrival, services.knowledge.create(body, caller.name))


@router.post(f"{CONSOLE}/{{knowledge_base_id}}/versions")
def create_version(
    knowledge_base_id: str, body: CreateVersionRequest, caller: CallerDep, services: ServicesDep
) -> dict[str, Any]:
    """Make another version. The whole call is INFERRED."""
    services.iam.authorise(caller, body.project_id)
    configuration = body.knowledgebase_version_configuration
    version = services.knowledge.create_version(knowledge_base_id, body.project_id, configuration, caller.name)
    return _version(services, version)
