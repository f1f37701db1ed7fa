"""iam.api.cloud.yandex.net. Source: docs/yandex-api.md, IAM token."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from sandbox.yandex.hosts import IAM
from sandbox.yandex.routers.caller import YandexDep, to_json

router = APIRouter(prefix=f"/{IAM}/iam/v1")


@router.post("/tokens")
def create_token(jwt: Annotated[str, Body(embed=True)], yandex: YandexDep) -> dict[str, Any]:
    """Exchange a JWT for a token."""
    return to_json(yandex.iam.exchange(jwt))
