"""IAM, and its older OAuth endpoint. Source: docs/cloudru-api.md, IAM."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AliasChoices, Field

from clouds.cloudru.wire.base import SnakeWire
from clouds.cloudru.wire.iam import TokenResponse
from sandbox.cloudru.routers.caller import CloudDep
from sandbox.errors import RpcError

router = APIRouter()


class EitherSpelling(SnakeWire):
    """The gateway takes `keyId` and `key_id`."""

    key_id: Annotated[str, Field(validation_alias=AliasChoices("keyId", "key_id"))]
    secret: str


@router.post("/iam.api.cloud.ru/api/v1/auth/token")
def create_token(body: EitherSpelling, cloud: CloudDep) -> TokenResponse:
    """Exchange an access key for a token."""
    return cloud.iam.exchange(body.key_id, body.secret)


@router.post("/auth.iam.cloud.ru/auth/system/openid/token", response_model=None)
async def create_openid_token(request: Request, cloud: CloudDep) -> TokenResponse | JSONResponse:
    """Exchange an access key for a token: form fields in, OAuth errors out."""
    form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "access_key":
        return JSONResponse({"error": "unsupported_grant_type", "error_description": "access_key is supported"}, 400)
    try:
        return cloud.iam.exchange(form.get("client_id", ""), form.get("client_secret", ""))
    except RpcError as error:
        return JSONResponse({"error": "invalid_client", "error_description": error.body.message}, error.http_status)
