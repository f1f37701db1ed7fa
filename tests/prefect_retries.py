"""How long Prefect's client waits before it asks again.

Over SQLite the server answers some writes with 503 when others are under way, and the client sleeps for two seconds
then: a quarter of the suite's time.
"""

import pytest

SOONER = 50


def retry_soon(patch: pytest.MonkeyPatch) -> None:
    """Wait a fiftieth of what Prefect would."""

    def soon(seconds: float, _jitter_factor: float) -> float:
        return seconds / SOONER

    patch.setattr("prefect.client.base.clamped_poisson_interval", soon)
