"""Prefect's client in the process of the tests: which server it asks, and what it need not wait for."""

import functools
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SENT_WITHIN_S = 60.0
"""How long the last events of a test may take to reach its server."""


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Read the machine's certificates once: each client does, 15 ms of CPU, for a server that speaks plain HTTP."""
    patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))


@contextmanager
def prefect_at(api_url: str, folder: Path | None = None) -> Generator[None]:
    """Let Prefect's client ask the server at `api_url` inside the block, with `folder` as its home.

    What it has to say of runs is sent before the block ends: afterwards the server ends, and Prefect would try to send
    each event for more than a minute, hundreds of them one after another, before the process of the tests may end.
    """
    from prefect.events.worker import EventsWorker  # noqa: PLC0415  seconds that tests without flows save
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings  # noqa: PLC0415  as above

    own: dict[Any, Any] = {PREFECT_API_URL: api_url, **({PREFECT_HOME: folder / "here"} if folder else {})}
    with temporary_settings(own):
        try:
            yield
        finally:
            EventsWorker.drain_all(timeout=SENT_WITHIN_S)
