"""Ordered faults: the next N requests of a method and path fail in a chosen way. Faults are data: ask what is left."""

import asyncio
import contextlib
import re
import threading
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class FaultOrder(BaseModel):
    """What to do to which requests. One of status, drop and hold, or only a delay."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(default="*", description="GET, POST, ... or * for any.")
    path: str = Field(description="Regular expression searched in /host/path.")
    skip: int = Field(default=0, ge=0, description="Leave so many requests that match alone first.")
    times: int = Field(default=1, ge=1)
    status: int | None = Field(default=None, ge=100, le=599, description="Answer this without doing the work.")
    body: Any = Field(default=None, description="JSON body of that answer; left out: rpcStatus.")
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

    @property
    def remaining(self) -> int:
        """How many requests it is still waiting for."""
        return self.times - self.used


class Faults:
    """The orders of this process, first come first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[FaultOrder] = []

    def order(self, order: FaultOrder) -> None:
        """Add an order."""
        with self._lock:
            self._orders.append(order.model_copy(update={"skipped": 0, "used": 0}))

    def take(self, method: str, path: str) -> FaultOrder | None:
        """Use up one fault that matches, if any is left."""
        with self._lock:
            for order in self._orders:
                if order.remaining and order.method.upper() in ("*", method) and re.search(order.path, path):
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


class HeldAnswers:
    """Answers that are kept back although the work was done. Used in the server's event loop only."""

    def __init__(self) -> None:
        self._held: set[asyncio.Future[None]] = set()
        self._any = asyncio.Event()

    async def hold(self) -> None:
        """Return when it is released."""
        released = asyncio.get_running_loop().create_future()
        self._held.add(released)
        self._any.set()
        try:
            await released
        finally:
            self._held.discard(released)
            if not self._held:
                self._any.clear()

    async def wait(self, within_s: float) -> int:
        """Return how many are held, as soon as one is, and 0 when none is in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._any.wait(), within_s)
        return len(self._held)

    def release(self) -> None:
        """Let all of them go."""
        for released in self._held:
            if not released.done():
                released.set_result(None)
