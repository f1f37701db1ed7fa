"""huggingface.co: whoami and the model page. Source: huggingface.co/docs/hub/api, read 2026-11-21."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from sandbox.huggingface.hub import Hub, HubError

router = APIRouter(prefix="/huggingface.co")


async def hub_of(request: Request) -> Hub:
    """Return the hub behind the routes; asynchronous, or each request would pay for another thread."""
    return cast("Hub", request.app.state.hub)


HubDep = Annotated[Hub, Depends(hub_of)]


def bearer_of(request: Request) -> str:
    """Return the token of the Authorization header, empty when there is none."""
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip()


@router.get("/api/whoami-v2")
def whoami(request: Request, hub: HubDep) -> dict[str, Any]:
    """Return the owner of the token."""
    return hub.whoami(bearer_of(request))


@router.get("/api/models/{organisation}/{name}")
def model_info(organisation: str, name: str, request: Request, hub: HubDep) -> dict[str, Any]:
    """Return the model page's data."""
    return model_info_at(organisation, name, "main", request, hub)


@router.get("/api/models/{organisation}/{name}/auth-check")
def check_access(organisation: str, name: str, request: Request, hub: HubDep) -> str:
    """Say whether the files may be pulled. Source: huggingface_hub 2.4, HfApi.auth_check."""
    _check_token(request, hub)
    hub.check_access(f"{organisation}/{name}")
    return "OK"


@router.get("/api/models/{organisation}/{name}/revision/{revision:path}")
def model_info_at(organisation: str, name: str, revision: str, request: Request, hub: HubDep) -> dict[str, Any]:
    """Return the model page's data at a revision; a wrong token is refused even for a public model."""
    _check_token(request, hub)
    return hub.model_info(f"{organisation}/{name}", revision)


def _check_token(request: Request, hub: Hub) -> None:
    token = bearer_of(request)
    if token and not hub.accepts(token):
        raise HubError(401, "", "Invalid credentials in Authorization header")


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a HubError as the hub does."""
    refusal = cast("HubError", error)
    headers = {"x-error-message": refusal.message} | ({"x-error-code": refusal.code} if refusal.code else {})
    return JSONResponse({"error": refusal.message}, refusal.status, headers)
