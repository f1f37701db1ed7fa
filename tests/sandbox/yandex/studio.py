"""The vendor's own SDK, sync or async, behind one way to get a result, so that one scenario tries both."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

from yandex_ai_studio_sdk import AIStudio, AsyncAIStudio
from yandex_ai_studio_sdk.auth import APIKeyAuth

from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess

LOOK_EVERY_S = 0.02


class Studio:
    """`studio(asked)` is the result of anything that the SDK returns: a value, an awaitable, an iterator as a list."""

    def __init__(self, sandbox: SandboxProcess, *, is_async: bool) -> None:
        self.is_async = is_async
        self._loop = asyncio.new_event_loop() if is_async else None
        self.sdk: Any = (AsyncAIStudio if is_async else AIStudio)(
            folder_id=YANDEX_FOLDER_ID,
            auth=APIKeyAuth(YANDEX_API_KEY),
            endpoint=sandbox.grpc_address,
            service_map={"http_completions": f"{sandbox.base_url}/llm.api.cloud.yandex.net/v1/"},
            verify=False,
        )

    def __call__(self, asked: Any) -> Any:
        """Return what it comes to."""
        if self._loop is None:
            return list(asked) if isinstance(asked, Iterator) else asked
        return self._loop.run_until_complete(_collected(asked) if inspect.isasyncgen(asked) else _awaited(asked))

    def done(self, deferred: Any) -> Any:
        """Return what a deferred call made, once its operation is done."""
        return self(self(deferred).wait(poll_interval=LOOK_EVERY_S))

    def close(self) -> None:
        """End the loop."""
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


async def _collected(items: Any) -> list[Any]:
    return [item async for item in items]


async def _awaited(asked: Any) -> Any:
    return await asked
