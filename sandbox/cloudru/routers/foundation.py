"""Foundation Models: the vendor's own models by name. Source: docs/cloudru-api.md, Foundation Models."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from clouds.cloudru.wire.completion import CompletionRequest
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.model import (
    ChatRequest,
    EmbeddingsRequest,
    ListServedModelsResponse,
    RerankRequest,
    ScoreRequest,
    ServedModel,
)
from sandbox.cloudru.routers.caller import CloudDep, authenticate, prefix_of
from sandbox.cloudru.routers.model import answered_chat, answered_completion
from sandbox.cloudru.rules.served_model import FOUNDATION_MODELS, foundation_model

router = APIRouter(prefix=f"{prefix_of(Endpoints().foundation_models)}/v1")
calls = APIRouter(dependencies=[Depends(authenticate)])


@router.get("/models")
def list_models() -> dict[str, Any]:
    """Return the models; without a key, as the service does (INFERRED)."""
    return ListServedModelsResponse(data=[ServedModel(id=name) for name in FOUNDATION_MODELS]).to_wire()


@calls.post("/embeddings")
def create_embeddings(body: EmbeddingsRequest, cloud: CloudDep) -> dict[str, Any]:
    """Embed."""
    return cloud.models.embeddings(foundation_model(body.model), body).to_wire()


@calls.post("/rerank")
def rerank(body: RerankRequest, cloud: CloudDep) -> dict[str, Any]:
    """Order documents by relevance."""
    return cloud.models.rerank(foundation_model(body.model), body).to_wire()


@calls.post("/score")
def score(body: ScoreRequest, cloud: CloudDep) -> dict[str, Any]:
    """Score pairs."""
    return cloud.models.score(foundation_model(body.model), body).to_wire()


@calls.post("/chat/completions")
def chat(body: ChatRequest, cloud: CloudDep) -> Response:
    """Answer a chat."""
    return answered_chat(cloud, foundation_model(body.model), body)


@calls.post("/completions")
def complete(body: CompletionRequest, cloud: CloudDep) -> Response:
    """Continue texts."""
    return answered_completion(cloud, foundation_model(body.model), body)


router.include_router(calls)
