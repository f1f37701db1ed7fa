"""The Search API v2 of a knowledge base, at its own host. Source: docs/cloudru-api.md, Search API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.search import RetrieveGenerateRequest, RetrieveRequest
from sandbox.cloudru.knowledge_state import StoredKnowledgeBase
from sandbox.cloudru.routers.caller import ServicesDep, prefix_of

router = APIRouter(prefix=f"{prefix_of(Endpoints().search)}/api/v2")


def authorise(knowledge_base_id: str, request: Request, services: ServicesDep) -> StoredKnowledgeBase:
    """Return the knowledge base of the host, or refuse."""
    return services.search.authorise(knowledge_base_id, request.headers.get("authorization"))


BaseDep = Annotated[StoredKnowledgeBase, Depends(authorise)]


@router.post("/retrieve")
def retrieve(body: RetrieveRequest, base: BaseDep, services: ServicesDep) -> dict[str, Any]:
    """Find chunks."""
    return services.search.retrieve(base, body).to_wire()


@router.post("/retrieve_generate")
def retrieve_generate(body: RetrieveGenerateRequest, base: BaseDep, services: ServicesDep) -> dict[str, Any]:
    """Find chunks and answer from them."""
    return services.search.retrieve_generate(base, body).to_wire()
