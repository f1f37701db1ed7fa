"""The played service, and a client of it on the virtual clock."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from clouds.yandex.assumptions import Assumptions
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.conftest import VirtualTime
from tests.clouds.wire_server import WireServer
from tests.clouds.yandex.played_services import PlayedServices
from tests.clouds.yandex.played_tunings import FOLDER, PlayedTunings
from tests.clouds.yandex.put_server import PutServer

API_KEY = "yandex-api-key-sentinel"


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


@pytest.fixture
def tunings(services: PlayedServices) -> PlayedTunings:
    """Play TuningService."""
    return PlayedTunings(services)


@pytest.fixture
def make_yandex(
    services: PlayedServices, vendor: WireServer, time: VirtualTime
) -> Iterator[Callable[[Assumptions], YandexClient]]:
    """Make clients on the virtual clock; `vendor` plays the REST hosts."""
    clients: list[YandexClient] = []

    def make(assumptions: Assumptions) -> YandexClient:
        client = YandexClient(
            folder_id=FOLDER,
            auth=ApiKey(key=SecretStr(API_KEY)),
            endpoints=Endpoints.local(services.address, vendor.url),
            assumptions=assumptions,
            clock=time.clock,
            sleep=time.sleep,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def yandex(make_yandex: Callable[[Assumptions], YandexClient]) -> YandexClient:
    """Give a client with the default assumptions."""
    return make_yandex(Assumptions())
