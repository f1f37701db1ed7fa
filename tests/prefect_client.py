"""What of Prefect's client the tests need not wait for.

Over SQLite the server answers some writes with 503 when others are under way, and the client sleeps for two seconds
then. Each client also reads all certificates of this machine, 15 ms of CPU, for a server that speaks plain HTTP.
"""

import functools
import ssl

import pytest

SOONER = 50


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Wait a fiftieth of what Prefect would, and read the certificates once."""

    def soon(seconds: float, _jitter_factor: float) -> float:
        return seconds / SOONER

    patch.setattr("prefect.client.base.clamped_poisson_interval", soon)
    patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
