"""Errors as the services of Cloud.ru send them: one table, one exception."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from clouds.cloudru.wire.error import HTTP_STATUS_BY_GRPC_CODE, RpcStatus


class GrpcCode(IntEnum):
    """The codes of `rpcStatus`. Source: github.com/grpc/grpc doc/statuscodes.md, read 2026-11-21."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class StartError(Exception):
    """The sandbox cannot start; the message says why and what to do."""


class RpcError(Exception):
    """A refusal that leaves as `rpcStatus` JSON with the HTTP status of its code."""

    def __init__(self, code: GrpcCode, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.body = RpcStatus(code=code, message=message, details=details or [])
        self.http_status = HTTP_STATUS_BY_GRPC_CODE[code]


def problems_of(errors: Sequence[Any], skip: int = 0) -> str:
    """Say in one line what pydantic found, without values; `skip` leading parts of each place are left out."""
    return "; ".join(f"{'.'.join(map(str, each['loc'][skip:]))}: {each['msg']}" for each in errors)
