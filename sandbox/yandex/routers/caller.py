"""What a handler of a REST host may ask for: the services, who is calling; and how answers and refusals are written."""

from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from clouds.cloudru.wire.error import HTTP_STATUS_BY_GRPC_CODE
from sandbox.yandex.cloud import Yandex
from sandbox.yandex.refusal import YandexRefusal


async def yandex_of(request: Request) -> Yandex:
    """Return the services behind the routes; asynchronous, or each request would pay for another thread."""
    return cast("Yandex", request.app.state.yandex)


YandexDep = Annotated[Yandex, Depends(yandex_of)]


def authenticate(request: Request, yandex: YandexDep) -> str:
    """Return the id of the calling service account, or refuse with 401; the API key is taken as a bearer too."""
    return yandex.iam.authenticate(request.headers.get("authorization"), bearer_api_key=True)


def may_use_models(yandex: YandexDep) -> None:
    """Refuse with 403 a caller that may not call models."""
    yandex.iam.authorise("ai.languageModels.user")


def to_json(message: Message) -> dict[str, Any]:
    """Write a message as the REST hosts do: protobuf's JSON, in which an int64 is a string."""
    return MessageToDict(message)


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal as `google.rpc.Status` with the HTTP status of its code."""
    refusal = cast("YandexRefusal", error)
    code: int = refusal.code.value[0]
    return JSONResponse({"code": code, "message": refusal.message, "details": []}, HTTP_STATUS_BY_GRPC_CODE[code])
