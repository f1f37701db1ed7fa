"""Yandex AI Studio, played: over gRPC, and the store that files are put into."""

from collections.abc import Iterator

import pytest

from tests.clouds.yandex.dataset.put_server import PutServer
from tests.clouds.yandex.played_services import PlayedServices


@pytest.fixture
def services() -> Iterator[PlayedServices]:
    """Play Yandex AI Studio over gRPC."""
    played = PlayedServices()
    yield played
    played.close()


@pytest.fixture
def store() -> Iterator[PutServer]:
    """Take what is put."""
    server = PutServer()
    yield server
    server.close()
