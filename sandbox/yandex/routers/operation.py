"""operation.api.cloud.yandex.net: the documentation says POST for a cancel, the proto says GET; both are taken."""

from typing import Any

from fastapi import APIRouter, Depends

from sandbox.yandex.hosts import OPERATION
from sandbox.yandex.routers.caller import YandexDep, authenticate, to_json

router = APIRouter(prefix=f"/{OPERATION}/operations", dependencies=[Depends(authenticate)])


@router.api_route("/{operation_id}:cancel", methods=["GET", "POST"])
def cancel_operation(operation_id: str, yandex: YandexDep) -> dict[str, Any]:
    """Ask for the end of an operation."""
    return to_json(yandex.operations.cancel(operation_id))


@router.get("/{operation_id}")
def get_operation(operation_id: str, yandex: YandexDep) -> dict[str, Any]:
    """Return the operation as it is now."""
    return to_json(yandex.operations.get(operation_id))
