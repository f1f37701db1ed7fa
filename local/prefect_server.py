"""`python -m local.prefect_server OPTIONS`: `prefect server start`, without its stops over SQLite, for this machine.

Two changes let it work over SQLite: docs/decisions/0007-prefect-over-sqlite.md. A third refuses web pages of others:
Prefect's server answers a page of any origin, and any name that leads to it, with the secrets of its blocks.
"""

import argparse
import gc
import itertools
import os
import sys
import threading
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

from sandbox.web_guard import own_origins, refusal

COLLECTED_EVERY_S = 1.0
OLD_OBJECTS_EVERY = 60
"""Each so-manieth collection looks at all objects, not only at young ones."""


def collect_aside() -> None:
    """Let a thread of its own collect garbage, and no other.

    A statement that waits for another transaction holds the mutex of its connection, for a minute if need be. Python's
    collector runs in whichever thread asks for memory. In the thread of the event loop it resets a forgotten cursor of
    that connection, waits for the mutex, and the transaction that all wait for needs the event loop to end.
    """
    gc.disable()
    threading.Thread(target=_collect, name="garbage", daemon=True).start()


def _collect() -> None:
    for turn in itertools.count(1):
        time.sleep(COLLECTED_EVERY_S)
        gc.collect(1 if turn % OLD_OBJECTS_EVERY else 2)


def begin_as_writers() -> None:
    """Let a transaction that may write wait for the one before it when it begins.

    Prefect begins most of them as readers. When another has written by the time such a one writes, SQLite refuses it at
    once (SQLITE_BUSY_SNAPSHOT), and the server answers 503. Transactions that only read are not begun at all.
    """
    from prefect.server.database.configurations import AioSqliteConfiguration  # noqa: PLC0415  seconds of imports

    configuration: Any = AioSqliteConfiguration
    begin = configuration.begin_transaction

    def begin_immediate(self: Any, session: Any, **_: bool) -> AbstractAsyncContextManager[Any]:
        return begin(self, session, with_for_update=True)

    configuration.begin_transaction = begin_immediate


class GuardedApp:
    """ASGI application that passes on what programs and its own pages send, websockets too."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 403 to a page of another origin, and to a Host that is no name of this machine."""
        refused = refusal(scope) if scope["type"] in ("http", "websocket") else ""
        if not refused:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refused})
        else:
            from starlette.responses import JSONResponse  # noqa: PLC0415  as above

            await JSONResponse({"detail": refused}, 403)(scope, receive, send)


def guard_pages() -> None:
    """Let the application that is served be guarded; the same one also serves calls within the process, unguarded."""
    from prefect.server.api import server  # noqa: PLC0415  as above

    module: Any = server
    create_app = module.create_app

    def create_guarded(*options: Any, final: bool = False, **others: Any) -> Any:
        app = create_app(*options, final=final, **others)
        return GuardedApp(app) if final else app

    module.create_app = create_guarded


def main(options: list[str]) -> None:
    """Start the server; return when it has ended."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PREFECT_SERVER_API_PORT", "4200")))
    port = parser.parse_known_args(options)[0].port
    os.environ.setdefault("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", ",".join(own_origins(port)))
    from prefect.cli import app  # noqa: PLC0415  as above

    collect_aside()
    begin_as_writers()
    guard_pages()
    sys.argv = ["prefect", "server", "start", *options]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
