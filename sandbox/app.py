"""The application: every service's router behind the dispatch by vendor host."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clouds.cloudru.wire.error import RpcStatus
from sandbox import control
from sandbox.arrival import Arrival
from sandbox.asgi import App
from sandbox.cloudru.routers import foundation, iam, inference, knowledge, logs, model, search, secret, storage
from sandbox.cloudru.rules.served_model import ModelRefusalError
from sandbox.dispatch import Dispatch
from sandbox.errors import GrpcCode, RpcError, problems_of
from sandbox.huggingface import router as huggingface
from sandbox.huggingface.hub import HubError
from sandbox.object_store.gateway import Gateway
from sandbox.object_store.markers import Markers
from sandbox.object_store.upstream import Upstream
from sandbox.services import Services
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.routers import caller as yandex_caller
from sandbox.yandex.routers import embedding as yandex_embedding
from sandbox.yandex.routers import iam as yandex_iam
from sandbox.yandex.routers import operation as yandex_operation
from sandbox.yandex.routers import vector_store as yandex_vector_store


def create_app(services: Services) -> App:
    """Return the ASGI application of one sandbox."""
    host = services.host
    upstream = Upstream(host.s3_server.socket_path)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        upstream.close()
        services.close()

    app = FastAPI(
        title="Sandbox of Cloud.ru Evolution and Yandex Cloud",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services, app.state.hub = services, services.hub
    app.state.cloudru, app.state.yandex = services.cloudru, services.yandex
    for service in (control, iam, storage, secret, inference, model, foundation, knowledge, search, logs, huggingface):
        app.include_router(service.router)
    for service in (yandex_iam, yandex_operation, yandex_embedding, yandex_vector_store):
        app.include_router(service.router)
    app.add_exception_handler(YandexRefusal, yandex_caller.refused)
    app.add_exception_handler(RpcError, _refused)
    app.add_exception_handler(ModelRefusalError, model.refused)
    app.add_exception_handler(HubError, huggingface.refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)
    gateway = Gateway(host.s3_server.directory, upstream, Markers(host.state, host.clock))
    return Dispatch(host, app, gateway)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    refusal = cast("RpcError", error)
    return JSONResponse(refusal.body.to_wire(), refusal.http_status)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    errors = cast("RequestValidationError", error).errors()
    problems = problems_of(errors, skip=1)
    arrival: Arrival | None = request.scope.get("sandbox.arrival")
    if arrival and arrival.host.endswith(model.VLLM_HOSTS):
        return model.refused(request, ModelRefusalError(400, problems))
    return JSONResponse(RpcStatus(code=GrpcCode.INVALID_ARGUMENT, message=problems).to_wire(), 400)


def _unknown(_request: Request, error: Exception) -> JSONResponse:
    refusal = cast("HTTPException", error)
    code = GrpcCode.NOT_FOUND if refusal.status_code == HTTPStatus.NOT_FOUND else GrpcCode.UNIMPLEMENTED
    return JSONResponse(RpcStatus(code=code, message=refusal.detail).to_wire(), refusal.status_code)
