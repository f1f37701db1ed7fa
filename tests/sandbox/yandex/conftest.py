"""Fixtures for Yandex Cloud's half: a channel to the running sandbox, and a folder with nothing in it."""

from collections.abc import Generator

import pytest

from tests.sandbox.yandex.studio import Studio
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import channel, folder

__all__ = ["channel", "folder"]


@pytest.fixture(params=["sync", "async"])
def studio(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Generator[Studio]:
    """Return the vendor's SDK, sync or async, which discovers every service from the one address; nothing is there."""
    sandbox.reset()
    sandbox.empty()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    studio = Studio(sandbox, is_async=request.param == "async")
    yield studio
    studio.close()
