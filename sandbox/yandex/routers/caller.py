"""What a handler of a REST host may ask for: who is calling; and how an answer and a refusal are written."""

from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from clouds.cloudru.wire.error import HTTP_STATUS_BY_GRPC_CODE
from sandbox.cloudru.routers.caller import ServicesDep
from sandbox.yandex.refusal import YandexRefusal


def authenticate(request: Request, services: ServicesDep) -> str:
    """Return the id of the calling service account, or refuse with 401; the API key is taken as a bearer too."""
    return services.yandex.iam.authenticate(request.headers.get("authorization"), bearer_api_key=True)


YandexCallerDep = Annotated[str, Depends(authenticate)]


def use_models(caller: YandexCallerDep, services: ServicesDep) -> str:
    """Return the caller, or refuse with 403 when it may not call models."""
    services.yandex.iam.authorise("ai.languageModels.user")
    return caller


ModelUserDep = Annotated[str, Depends(use_models)]


def to_json(message: Message) -> dict[str, Any]:
    """Write a message as the REST hosts do: protobuf's JSON, in which an int64 is a string."""
    return MessageToDict(message)


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal as `google.rpc.Status` with the HTTP status of its code."""
    refusal = cast("YandexRefusal", error)
    code: int = refusal.code.value[0]
    return JSONResponse({"code": code, "message": refusal.message, "details": []}, HTTP_STATUS_BY_GRPC_CODE[code])
