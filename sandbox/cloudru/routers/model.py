"""A running model at its own host name. Source: docs/cloudru-api.md, Calling a model; docs.vllm.ai."""

import time
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from clouds.cloudru.wire.completion import CompletionRequest
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.cloudru.wire.model import (
    ChatRequest,
    EmbeddingsRequest,
    ListServedModelsResponse,
    RerankRequest,
    ScoreRequest,
)
from sandbox.cloudru.routers.caller import ServicesDep, prefix_of
from sandbox.cloudru.rules.generation import chat_events, completion_events
from sandbox.cloudru.rules.served_model import ModelRefusalError, Served, served_by
from sandbox.errors import GrpcCode, RpcError
from sandbox.services import Services
from sandbox.settings import PROJECT_ID

router = APIRouter(prefix=prefix_of(Endpoints().model))
VLLM_HOSTS = (".modelrun.inference.cloud.ru", "foundation-models.api.cloud.ru")
"""Hosts whose refusals have vLLM's shape."""


def running(model_run_id: str, request: Request, services: ServicesDep) -> Served:
    """Return what a run serves: 404 unknown, 401 and 403 with authentication on, 503 while it does not run."""
    run = services.inference.get(model_run_id)
    if run.request.options.get("isEnabledAuth"):
        caller = services.iam.authenticate(request.headers.get("authorization"))
        services.iam.authorise(caller, PROJECT_ID)
    status = run.status(services.host.clock())
    if status == ModelRunStatus.COOLED:
        time.sleep(services.host.settings.wake_s)
    elif status != ModelRunStatus.RUNNING:
        raise RpcError(GrpcCode.UNAVAILABLE, f"modelrun {model_run_id} is {status}")
    services.inference.use(model_run_id)
    return served_by(run)


ServedDep = Annotated[Served, Depends(running)]


@router.get("/health", dependencies=[Depends(running)])
def health() -> Response:
    """Tell that the model is up: an empty 200."""
    return Response()


@router.get("/version")
def version(served: ServedDep) -> dict[str, str]:
    """Return the version of vLLM; other runtimes have no such call."""
    if not served.version:
        raise RpcError(GrpcCode.NOT_FOUND, "Not Found")
    return {"version": served.version}


@router.get("/v1/models")
def list_models(served: ServedDep, services: ServicesDep) -> dict[str, Any]:
    """Return the one model, and which model really answers."""
    return ListServedModelsResponse(data=[services.models.card(served)]).to_wire()


@router.post("/v1/embeddings")
def create_embeddings(
    model_run_id: str, body: EmbeddingsRequest, request: Request, services: ServicesDep
) -> JSONResponse:
    """Embed. Each question to a knowledge base passes here: no dependency in another thread, no copy of the answer."""
    served = running(model_run_id, request, services)
    return JSONResponse(services.models.embeddings(served, body).to_wire())


@router.post("/v1/rerank")
@router.post("/v2/rerank")
@router.post("/rerank")
def rerank(body: RerankRequest, served: ServedDep, services: ServicesDep) -> dict[str, Any]:
    """Order documents by relevance."""
    return services.models.rerank(served, body).to_wire()


@router.post("/v1/score")
@router.post("/score")
def score(body: ScoreRequest, served: ServedDep, services: ServicesDep) -> dict[str, Any]:
    """Score pairs."""
    return services.models.score(served, body).to_wire()


@router.post("/v1/chat/completions")
def chat(body: ChatRequest, served: ServedDep, services: ServicesDep) -> Response:
    """Answer a chat."""
    return answered_chat(services, served, body)


@router.post("/v1/completions")
def complete(body: CompletionRequest, served: ServedDep, services: ServicesDep) -> Response:
    """Continue texts."""
    return answered_completion(services, served, body)


def answered_chat(services: Services, served: Served, body: ChatRequest) -> Response:
    """Return the answer of a chat, as JSON or as a stream."""
    answer = services.generation.chat(served, body)
    if body.stream:
        return StreamingResponse(chat_events(answer, body.stream_options), media_type="text/event-stream")
    return JSONResponse(answer if isinstance(answer, dict) else answer.to_wire())


def answered_completion(services: Services, served: Served, body: CompletionRequest) -> Response:
    """Return the continuations, as JSON or as a stream."""
    answer = services.generation.complete(served, body)
    if body.stream:
        return StreamingResponse(completion_events(answer, body.stream_options), media_type="text/event-stream")
    return JSONResponse(answer.to_wire())


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a ModelRefusalError as vLLM does."""
    refusal = cast("ModelRefusalError", error)
    return JSONResponse(refusal.body, refusal.status)
