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
from sandbox.cloudru.cloud import CloudRu
from sandbox.cloudru.routers.caller import CloudDep, prefix_of
from sandbox.cloudru.rules.generation import chat_events, completion_events
from sandbox.cloudru.rules.served_model import ModelRefusalError, Served, served_by
from sandbox.errors import GrpcCode, RpcError
from sandbox.settings import PROJECT_ID

router = APIRouter(prefix=prefix_of(Endpoints().model))
VLLM_HOSTS = (".modelrun.inference.cloud.ru", "foundation-models.api.cloud.ru")
"""Hosts whose refusals have vLLM's shape."""


def running(model_run_id: str, request: Request, cloud: CloudDep) -> Served:
    """Return what a run serves: 404 unknown, 401 and 403 with authentication on, 503 while it does not run."""
    run = cloud.inference.get(model_run_id)
    if run.request.options.get("isEnabledAuth"):
        caller = cloud.iam.authenticate(request.headers.get("authorization"))
        cloud.iam.authorise(caller, PROJECT_ID)
    status = run.status(cloud.host.clock())
    if status == ModelRunStatus.COOLED:
        time.sleep(cloud.host.settings.wake_s)
    elif status != ModelRunStatus.RUNNING:
        raise RpcError(GrpcCode.UNAVAILABLE, f"modelrun {model_run_id} is {status}")
    cloud.inference.use(model_run_id)
    return served_by(run)


ServedDep = Annotated[Served, Depends(running)]


@router.get("/health", dependencies=[Depends(running)])
def health() -> Response:
    """Answer an empty 200 while the model is up."""
    return Response()


@router.get("/version")
def version(served: ServedDep) -> dict[str, str]:
    """Return the version of vLLM; other runtimes have no such call."""
    if not served.version:
        raise RpcError(GrpcCode.NOT_FOUND, "Not Found")
    return {"version": served.version}


@router.get("/v1/models")
def list_models(served: ServedDep, cloud: CloudDep) -> dict[str, Any]:
    """Return the one model, and which model really answers."""
    return ListServedModelsResponse(data=[cloud.models.card(served)]).to_wire()


@router.post("/v1/embeddings")
def create_embeddings(model_run_id: str, body: EmbeddingsRequest, request: Request, cloud: CloudDep) -> JSONResponse:
    """Embed. Each question to a knowledge base passes here: no dependency in another thread, no copy of the answer."""
    served = running(model_run_id, request, cloud)
    return JSONResponse(cloud.models.embeddings(served, body).to_wire())


@router.post("/v1/rerank")
@router.post("/v2/rerank")
@router.post("/rerank")
def rerank(body: RerankRequest, served: ServedDep, cloud: CloudDep) -> dict[str, Any]:
    """Order documents by relevance."""
    return cloud.models.rerank(served, body).to_wire()


@router.post("/v1/score")
@router.post("/score")
def score(body: ScoreRequest, served: ServedDep, cloud: CloudDep) -> dict[str, Any]:
    """Score pairs."""
    return cloud.models.score(served, body).to_wire()


@router.post("/v1/chat/completions")
def chat(body: ChatRequest, served: ServedDep, cloud: CloudDep) -> Response:
    """Answer a chat."""
    return answered_chat(cloud, served, body)


@router.post("/v1/completions")
def complete(body: CompletionRequest, served: ServedDep, cloud: CloudDep) -> Response:
    """Continue texts."""
    return answered_completion(cloud, served, body)


def answered_chat(cloud: CloudRu, served: Served, body: ChatRequest) -> Response:
    """Return the answer of a chat, as JSON or as a stream."""
    answer = cloud.generation.chat(served, body)
    if body.stream:
        return StreamingResponse(chat_events(answer, body.stream_options), media_type="text/event-stream")
    return JSONResponse(answer if isinstance(answer, dict) else answer.to_wire())


def answered_completion(cloud: CloudRu, served: Served, body: CompletionRequest) -> Response:
    """Return the continuations, as JSON or as a stream."""
    answer = cloud.generation.complete(served, body)
    if body.stream:
        return StreamingResponse(completion_events(answer, body.stream_options), media_type="text/event-stream")
    return JSONResponse(answer.to_wire())


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a ModelRefusalError as vLLM does."""
    refusal = cast("ModelRefusalError", error)
    return JSONResponse(refusal.body, refusal.status)
