"""The Search API v2 of a knowledge base, at its own host. Source: docs/cloudru-api.md, Search API."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.search import RetrieveGenerateRequest, RetrieveRequest
from sandbox.cloudru.routers.caller import CloudDep, prefix_of

router = APIRouter(prefix=f"{prefix_of(Endpoints().search)}/api/v2")

# A response is returned and not a dictionary, which FastAPI would copy and check once more: questions are measured.


@router.post("/retrieve")
def retrieve(knowledge_base_id: str, body: RetrieveRequest, request: Request, cloud: CloudDep) -> JSONResponse:
    """Find chunks."""
    base = cloud.search.authorise(knowledge_base_id, request.headers.get("authorization"))
    return JSONResponse(cloud.search.retrieve(base, body).to_wire())


@router.post("/retrieve_generate")
def retrieve_generate(
    knowledge_base_id: str, body: RetrieveGenerateRequest, request: Request, cloud: CloudDep
) -> JSONResponse:
    """Find chunks and answer from them."""
    base = cloud.search.authorise(knowledge_base_id, request.headers.get("authorization"))
    return JSONResponse(cloud.search.retrieve_generate(base, body).to_wire())
