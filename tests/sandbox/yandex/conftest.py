"""Fixtures for Yandex Cloud's half: a channel to the running sandbox, and a folder with nothing in it."""

from collections.abc import Generator

import grpc
import pytest
from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.auth import APIKeyAuth

from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tests.sandbox.yandex.folder import Folder
from tests.sandbox_process import SandboxProcess


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


@pytest.fixture
def sdk(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> AIStudio:
    """Return the SDK, which discovers every service from the one address; the folder is empty."""
    sandbox.reset()
    sandbox.empty()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return AIStudio(
        folder_id=YANDEX_FOLDER_ID, auth=APIKeyAuth(YANDEX_API_KEY), endpoint=sandbox.grpc_address, verify=False
    )
