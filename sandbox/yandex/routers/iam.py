"""iam.api.cloud.yandex.net. Source: docs/yandex-api.md, IAM token."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from sandbox.cloudru.routers.caller import ServicesDep
from sandbox.yandex.hosts import IAM
from sandbox.yandex.routers.caller import to_json

router = APIRouter(prefix=f"/{IAM}/iam/v1")


@router.post("/tokens")
def create_token(jwt: Annotated[str, Body(embed=True)], services: ServicesDep) -> dict[str, Any]:
    """Exchange a JWT for a token."""
    return to_json(services.yandex.iam.exchange(jwt))
