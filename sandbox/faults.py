"""Ordered faults: the next N requests of a method and path fail in a chosen way. Faults are data: ask what is left."""

import re
import threading
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from clouds.cloudru.wire.error import HTTP_STATUS_BY_GRPC_CODE
from sandbox.errors import GrpcCode

LOWEST_STATUS, HIGHEST_STATUS = 100, 599
_AMBIGUOUS = (GrpcCode.INVALID_ARGUMENT, GrpcCode.ALREADY_EXISTS, GrpcCode.INTERNAL)
_GRPC_CODE_BY_HTTP_STATUS = {
    HTTP_STATUS_BY_GRPC_CODE[code]: code for code in (*GrpcCode, *_AMBIGUOUS) if code in HTTP_STATUS_BY_GRPC_CODE
}


class FaultOrder(BaseModel):
    """What to do to which requests. One of status, drop, hold, mangle and replace, or only a delay or a repeat."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(default="*", description="GET, POST, ... or * for any.")
    path: str = Field(description="Regular expression searched in /host/path.")
    mutating: bool = Field(
        default=False,
        description="Only a client's requests that may change something, not those of one service to another.",
    )
    client: bool = Field(default=False, description="Only requests of a client, not those of one service to another.")
    skip: int = Field(default=0, ge=0, description="Leave so many requests that match alone first.")
    times: int = Field(default=1, ge=1)
    status: int | str | None = Field(
        default=None,
        description="Answer this without doing the work: an HTTP status, or the name of a gRPC code (UNAVAILABLE).",
    )
    body: Any = Field(
        default=None, description="JSON body of that answer; left out: rpcStatus. The text of a gRPC status."
    )
    retry_after_s: int | None = Field(default=None, ge=0, description="Retry-After of that answer, over HTTP only.")
    mangle: Literal["malformed", "empty_object", "page", "broken_gzip", "truncated"] | None = Field(
        default=None,
        description="Do the work, then let a proxy spoil the answer: no JSON, `{}`, a page of HTML, a packing that is "
        "none, half of the body. Over gRPC only `empty_object`, a message without fields.",
    )
    replace: dict[str, str] = Field(
        default={},
        description="Do the work, and answer as a service that spells it otherwise: each regular expression in the "
        "answer's JSON is replaced by its text, one after the other.",
    )
    twice: bool = Field(
        default=False, description="Do the work twice, as when a proxy sends it again, and answer as the second time."
    )
    drop: Literal["before", "after"] | None = Field(
        default=None, description="Close the connection before the work, or after it was done."
    )
    hold: bool = Field(
        default=False, description="Do the work, then keep the answer until it is released or its caller is gone."
    )
    delay_s: float = Field(default=0.0, ge=0, description="Wait this long first.")
    skipped: int = 0
    used: int = 0

    @field_validator("path")
    @classmethod
    def _compiles(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from error
        return path

    @field_validator("replace")
    @classmethod
    def _compile(cls, replace: dict[str, str]) -> dict[str, str]:
        for pattern in replace:
            cls._compiles(pattern)
        return replace

    @field_validator("status")
    @classmethod
    def _is_known(cls, status: int | str | None) -> int | str | None:
        if isinstance(status, str) and status not in GrpcCode.__members__:
            raise ValueError(f"status {status!r} is not a gRPC code: take one of {', '.join(GrpcCode.__members__)}")
        if isinstance(status, int) and not LOWEST_STATUS <= status <= HIGHEST_STATUS:
            raise ValueError(f"status {status} is not an HTTP status: take {LOWEST_STATUS} to {HIGHEST_STATUS}")
        return status

    @property
    def http_status(self) -> int:
        """The status for an HTTP request."""
        return HTTP_STATUS_BY_GRPC_CODE[GrpcCode[self.status]] if isinstance(self.status, str) else self.status or 503

    @property
    def grpc_code(self) -> GrpcCode:
        """The status for a gRPC call."""
        if isinstance(self.status, str):
            return GrpcCode[self.status]
        return _GRPC_CODE_BY_HTTP_STATUS.get(self.status or 503, GrpcCode.UNKNOWN)

    def matches(self, method: str, path: str, *, mutating: bool, internal: bool) -> bool:
        """Whether a request is one of those that are meant."""
        return (
            self.method.upper() in ("*", method)
            and ((mutating and not internal) or not self.mutating)
            and not (internal and self.client)
            and re.search(self.path, path) is not None
        )

    def respelled(self, answer: str) -> str:
        """Return the JSON of an answer as the other service writes it."""
        for pattern, text in self.replace.items():
            answer = re.sub(pattern, text, answer)
        return answer

    def spoilt(self, content: bytes) -> tuple[bytes, dict[bytes, bytes]]:
        """Return a body as it is sent, and the headers that go with it."""
        if self.mangle is not None:
            return mangled(content, self.mangle)
        return self.respelled(content.decode()).encode(), {}

    @property
    def remaining(self) -> int:
        """How many requests it is still waiting for."""
        return self.times - self.used


def mangled(content: bytes, how: str) -> tuple[bytes, dict[bytes, bytes]]:
    """Return a body as a broken proxy sends it, and the headers that go with it; half of one breaks off by itself."""
    as_json = {b"content-type": b"application/json"}
    if how == "empty_object":
        return b"{}", as_json
    if how == "page":
        return b"<!DOCTYPE html><html><body>Sign in to the network</body></html>", {b"content-type": b"text/html"}
    if how == "broken_gzip":
        return b"this is not packed", {**as_json, b"content-encoding": b"gzip"}
    if how == "malformed":
        return b'{"data": [', as_json
    return content[: len(content) // 2], as_json


class Faults:
    """The orders of this process; the oldest that matches is used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[FaultOrder] = []

    def order(self, order: FaultOrder) -> None:
        """Add an order."""
        with self._lock:
            self._orders.append(order.model_copy(update={"skipped": 0, "used": 0}))

    def take(self, method: str, path: str, *, mutating: bool, internal: bool = False) -> FaultOrder | None:
        """Use up one fault that matches, if any is left.

        `mutating`: the request may change something; `internal`: it is one of a service to another.
        """
        with self._lock:
            for order in self._orders:
                if order.remaining and order.matches(method, path, mutating=mutating, internal=internal):
                    if order.skipped < order.skip:
                        order.skipped += 1
                        continue
                    order.used += 1
                    return order
        return None

    def report(self) -> dict[str, Any]:
        """Every order with used and remaining, and whether all were used."""
        with self._lock:
            faults = [{**order.model_dump(), "remaining": order.remaining} for order in self._orders]
        return {"all_used": all(fault["remaining"] == 0 for fault in faults), "faults": faults}

    def clear(self) -> None:
        """Forget every order."""
        with self._lock:
            self._orders.clear()
