"""The outermost layer of the sandbox: each request goes to its service, meets an ordered fault, and is logged."""

import asyncio
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from fastapi.responses import JSONResponse

from clouds.cloudru.wire.error import RpcStatus
from sandbox.arrival import Arrival, arrival_of, is_vendor_host
from sandbox.asgi import App, Message, Receive, Scope, Send, header
from sandbox.clock import timestamp
from sandbox.errors import GrpcCode
from sandbox.faults import FaultOrder
from sandbox.host import Host
from sandbox.object_store.hosts import STORAGE_HOST, YANDEX_STORAGE_HOST
from sandbox.request_log import SERVICE_AGENT, is_mutating
from sandbox.web_guard import refusal

CONSOLE_ORIGIN = "https://console.cloud.ru"
"""Sent by programs that call the console's backend. Source: docs/cloudru-api.md, Authentication."""
CONTROL_PREFIX = "/_sandbox/"


class Dispatch:
    """ASGI application: `storage` gets S3 requests, `services` the rest with the path `/{vendor host}{path}`."""

    def __init__(self, host: Host, services: App, storage: App) -> None:
        self._host, self._services, self._storage = host, services, storage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that a web page of somebody else sent is refused before anything is done."""
        is_control = scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX)
        if scope["type"] == "http":
            origins = () if is_control else (CONSOLE_ORIGIN,)
            if refused := refusal(scope, is_known_host=is_vendor_host, origins=origins):
                body = RpcStatus(code=GrpcCode.PERMISSION_DENIED, message=refused).to_wire()
                await JSONResponse(body, HTTPStatus.FORBIDDEN)(scope, receive, send)
                return
        if is_control:
            await self._services(scope, receive, send)
            return
        arrival = arrival_of(scope)
        request_id = header(scope, b"x-request-id") or str(uuid.uuid4())
        status = 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode("latin-1"))]
            await send(message)

        mutating = is_mutating(scope["method"], arrival.host, arrival.path)
        internal = header(scope, b"user-agent").startswith(SERVICE_AGENT)
        fault = self._host.faults.take(
            scope["method"], f"/{arrival.host}{arrival.path}", mutating=mutating, internal=internal
        )
        try:
            if fault is None:
                await self._serve(scope, receive, send_noted, arrival)
            else:
                await self._fail(fault, scope, receive, send_noted, arrival)
                if fault.drop or fault.mangle == "truncated":
                    await drop_connection(send)
        finally:
            self._host.request_log.add(
                {
                    "method": scope["method"],
                    "host": arrival.host,
                    "path": arrival.path,
                    "status": status,
                    "at": timestamp(self._host.clock()),
                    "request_id": request_id,
                    "mutating": mutating,
                    "internal": internal,
                }
            )

    async def _fail(self, fault: FaultOrder, scope: Scope, receive: Receive, send: Send, arrival: Arrival) -> None:
        await asyncio.sleep(fault.delay_s)
        if fault.drop == "after":
            await self._serve(scope, receive, _swallow, arrival)
        elif fault.hold:
            answer: list[Message] = []

            async def keep(message: Message) -> None:
                answer.append(message)

            await self._serve(scope, receive, keep, arrival)
            await self._hold(receive)
            for message in answer:
                await send(message)
        elif fault.status is not None:
            body = fault.body if fault.body is not None else RpcStatus(code=14, message="an ordered fault").to_wire()
            headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
            await JSONResponse(body, fault.http_status, headers)(scope, receive, send)
        elif fault.mangle is not None or fault.replace:
            await self._mangle(fault, scope, receive, send, arrival)
        elif fault.twice:
            again = _remembered(receive)
            await self._serve({**scope}, again(), _swallow, arrival)
            await self._serve({**scope}, again(), send, arrival)
        elif fault.drop is None:
            await self._serve(scope, receive, send, arrival)

    async def _mangle(self, fault: FaultOrder, scope: Scope, receive: Receive, send: Send, arrival: Arrival) -> None:
        """Do the work, and send what a broken proxy, or another service, makes of the answer."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._serve(scope, receive, keep, arrival)
        whole = b"".join(message.get("body", b"") for message in answer)
        body, headers = fault.spoilt(whole)
        cut = fault.mangle == "truncated"
        length = len(whole) + 1 if cut else len(body)
        changed = {**headers, b"content-length": str(length).encode()}
        kept = [pair for pair in answer[0].get("headers", []) if pair[0].lower() not in (*changed, b"etag")]
        await send({**answer[0], "headers": [*kept, *changed.items()]})
        await send({"type": "http.response.body", "body": body, "more_body": cut})

    async def _hold(self, receive: Receive) -> None:
        """Wait until the answer is released, or its caller has closed the connection."""
        ends = {asyncio.create_task(self._host.held_answers.hold()), asyncio.create_task(_disconnected(receive))}
        _, waiting = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in waiting:
            end.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send, arrival: Arrival) -> None:
        if arrival.host.endswith((STORAGE_HOST, YANDEX_STORAGE_HOST)):
            await self._storage(scope, receive, send)
            return
        path = f"/{arrival.host}{arrival.path}"
        moved = {**scope, "path": path, "raw_path": path.encode(), "sandbox.arrival": arrival}
        await self._services(moved, receive, send)


def _remembered(receive: Receive) -> Callable[[], Receive]:
    """Return what makes a `receive` that begins with the request's first message each time."""
    messages: list[Message] = []

    def from_the_start() -> Receive:
        position = 0

        async def replay() -> Message:
            nonlocal position
            if position == len(messages):
                messages.append(await receive())
            position += 1
            return messages[position - 1]

        return replay

    return from_the_start


async def _swallow(_message: Message) -> None:
    """Take the place of `send` when the answer must be lost."""


async def _disconnected(receive: Receive) -> None:
    """Return when the caller has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drop_connection(send: Send) -> None:
    """Close the connection without an answer, as a broken network does.

    ASGI has no message for this; uvicorn's `send` is a method of the object that holds the transport.
    """
    cast("Any", send).__self__.transport.abort()
    await asyncio.sleep(0)  # lets uvicorn notice, or it would try to answer 500
