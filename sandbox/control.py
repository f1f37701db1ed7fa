"""The sandbox's own `/_sandbox/...`: health, settings, faults, request log, clock, inventory. Loopback only."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import ValidationError

from sandbox.clock import timestamp
from sandbox.errors import GrpcCode, RpcError, problems_of
from sandbox.faults import FaultOrder
from sandbox.inventory import Inventory, inventory
from sandbox.request_log import LoggedRequest
from sandbox.services import Services
from sandbox.settings import Settings
from sandbox.web_guard import LOOPBACK_HOSTS
from sandbox.yandex.authorized_key import AuthorizedKey


def from_loopback(request: Request) -> None:
    """Refuse a request that names a vendor's host: these routes are the sandbox's own."""
    if (request.url.hostname or "") not in LOOPBACK_HOSTS:
        raise RpcError(GrpcCode.PERMISSION_DENIED, "/_sandbox/ answers to the loopback address only")


async def services_of(request: Request) -> Services:
    """Return the services behind this application."""
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
router = APIRouter(prefix="/_sandbox", dependencies=[Depends(from_loopback)])


@router.get("/health")
def health(services: ServicesDep) -> dict[str, str]:
    """Return that it is up, and the address of gRPC (`host:port`)."""
    return {"status": "ok", "grpc": services.yandex.endpoints.grpc_address}


@router.get("/yandex/authorized-key")
def read_authorized_key(services: ServicesDep) -> AuthorizedKey:
    """Return the authorized key of Yandex Cloud's service account, as `yc iam key create` writes it."""
    return services.yandex.iam.authorized_key


@router.get("/settings")
def read_settings(services: ServicesDep) -> Settings:
    """Return the settings now."""
    return services.host.settings


@router.patch("/settings")
def patch_settings(changes: Annotated[dict[str, Any], Body()], services: ServicesDep) -> Settings:
    """Replace the named settings."""
    try:
        return services.host.settings_store.patch(changes)
    except ValidationError as error:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, problems_of(error.errors())) from error


@router.delete("/settings")
def reset_settings(services: ServicesDep) -> Settings:
    """Go back to the defaults."""
    return services.host.settings_store.reset()


@router.post("/faults")
def order_fault(order: FaultOrder, services: ServicesDep) -> dict[str, Any]:
    """Order a fault and return the report."""
    services.host.faults.order(order)
    return services.host.faults.report()


@router.get("/faults")
def read_faults(services: ServicesDep) -> dict[str, Any]:
    """Return which faults were used and which remain."""
    return services.host.faults.report()


@router.delete("/faults")
async def clear_faults(services: ServicesDep) -> dict[str, Any]:
    """Forget every fault, and release the answers that are held."""
    services.host.faults.clear()
    services.host.held_answers.release()
    return services.host.faults.report()


@router.get("/held")
async def wait_for_held(services: ServicesDep, within_s: Annotated[float, Query(ge=0)] = 0) -> dict[str, int]:
    """Wait until an answer is held, for `within_s` at most, and return how many are."""
    return {"held": await services.host.held_answers.wait(within_s)}


@router.delete("/held")
async def release_held(services: ServicesDep) -> dict[str, int]:
    """Release the answers that are held; faults that are left remain."""
    services.host.held_answers.release()
    return {"held": 0}


@router.get("/requests")
def read_requests(services: ServicesDep) -> dict[str, list[LoggedRequest]]:
    """Return the request log, oldest first."""
    return {"requests": services.host.request_log.entries()}


@router.delete("/requests")
def clear_requests(services: ServicesDep) -> dict[str, list[LoggedRequest]]:
    """Forget the request log."""
    services.host.request_log.clear()
    return {"requests": []}


@router.get("/clock")
def read_clock(services: ServicesDep) -> dict[str, str]:
    """Return the sandbox's time."""
    return {"now": timestamp(services.host.clock())}


@router.post("/clock")
def advance_clock(advance_s: Annotated[float, Body(embed=True, ge=0)], services: ServicesDep) -> dict[str, str]:
    """Move the sandbox's clock forward: runs age and tokens expire without waiting."""
    return {"now": timestamp(services.host.clock.advance(advance_s))}


@router.get("/inventory")
def read_inventory(services: ServicesDep) -> Inventory:
    """Return every resource of the project."""
    return inventory(services)


@router.post("/reset")
def reset(services: ServicesDep) -> Inventory:
    """Forget every resource, document, fault and request; settings and the clock stay as they are."""
    services.reset()
    return inventory(services)


@router.delete("/clock")
def reset_clock(services: ServicesDep) -> dict[str, str]:
    """Go back to the real time."""
    return {"now": timestamp(services.host.clock.reset())}
