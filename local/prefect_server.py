"""`python -m local.prefect_server OPTIONS`: `prefect server start`, but for two things that stop it over SQLite.

Why, and what came of it: docs/decisions/0007-prefect-over-sqlite.md.
"""

import gc
import itertools
import sys
import threading
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

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


def main(options: list[str]) -> None:
    """Start the server; return when it has ended."""
    from prefect.cli import app  # noqa: PLC0415  as above

    collect_aside()
    begin_as_writers()
    sys.argv = ["prefect", "server", "start", *options]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
