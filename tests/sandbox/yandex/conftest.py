"""Fixtures for Yandex Cloud's half: a channel to the running sandbox, and a folder with nothing in it."""

from collections.abc import Generator

import grpc
import pytest

from tests.sandbox.yandex.folder import Folder
from tests.sandbox.yandex.studio import Studio
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def channel(sandbox: SandboxProcess) -> Generator[grpc.Channel]:
    """Open a channel, with the API key, to a sandbox with default settings, no faults and an empty request log."""
    sandbox.reset()
    with sandbox.yandex_channel() as channel:
        yield channel


@pytest.fixture
def folder(sandbox: SandboxProcess, channel: grpc.Channel) -> Folder:
    """Return the folder, with nothing in it."""
    sandbox.empty()
    return Folder(channel)


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
