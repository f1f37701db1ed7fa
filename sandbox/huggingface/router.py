"""huggingface.co: whoami and the model page. Source: huggingface.co/docs/hub/api, read 2026-11-21."""

from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.cloudru.routers.caller import ServicesDep
from sandbox.huggingface.hub import HubError
from sandbox.services import Services

router = APIRouter(prefix="/huggingface.co")


def bearer_of(request: Request) -> str:
    """Return the token of the Authorization header, empty when there is none."""
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip()


@router.get("/api/whoami-v2")
def whoami(request: Request, services: ServicesDep) -> dict[str, Any]:
    """Return the owner of the token."""
    return services.hub.whoami(bearer_of(request))


@router.get("/api/models/{organisation}/{name}")
def model_info(organisation: str, name: str, request: Request, services: ServicesDep) -> dict[str, Any]:
    """Return the model page's data."""
    return model_info_at(organisation, name, "main", request, services)


@router.get("/api/models/{organisation}/{name}/auth-check")
def check_access(organisation: str, name: str, request: Request, services: ServicesDep) -> str:
    """Say whether the files may be pulled. Source: huggingface_hub 2.4, HfApi.auth_check."""
    _check_token(request, services)
    services.hub.check_access(f"{organisation}/{name}")
    return "OK"


@router.get("/api/models/{organisation}/{name}/revision/{revision:path}")
def model_info_at(
    organisation: str, name: str, revision: str, request: Request, services: ServicesDep
) -> dict[str, Any]:
    """Return the model page's data at a revision; a wrong token is refused even for a public model."""
    _check_token(request, services)
    return services.hub.model_info(f"{organisation}/{name}", revision)


def _check_token(request: Request, services: Services) -> None:
    token = bearer_of(request)
    if token and not services.hub.accepts(token):
        raise HubError(401, "", "Invalid credentials in Authorization header")


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a HubError as the hub does."""
    refusal = cast("HubError", error)
    headers = {"x-error-message": refusal.message} | ({"x-error-code": refusal.code} if refusal.code else {})
    return JSONResponse({"error": refusal.message}, refusal.status, headers)
