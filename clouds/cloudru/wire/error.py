"""The error shapes that Cloud.ru's services publish (docs/cloudru-api.md), as the sandbox sends them."""

from typing import Any

from clouds.cloudru.wire.base import SnakeWire


class RpcStatus(SnakeWire):
    """grpc-gateway's `rpcStatus`: CONFIRMED for Secret Management and AI Agents, INFERRED for the others."""

    code: int
    message: str
    details: list[dict[str, Any]] = []


# grpc code -> HTTP status, the mapping of grpc-gateway.
# Source: github.com/grpc-ecosystem/grpc-gateway runtime/errors.go, HTTPStatusFromCode.
HTTP_STATUS_BY_GRPC_CODE = {
    0: 200, 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429,
    9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip
