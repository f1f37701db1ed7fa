"""What of Prefect's client the tests need not wait for."""

import functools
import ssl

import pytest


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Read the machine's certificates once: each client does, 15 ms of CPU, for a server that speaks plain HTTP."""
    patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
