"""Both vendors as a test plays them, and a client of each on a clock that moves only when somebody sleeps."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.yandex import assumptions as yandex_assumptions
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.wire.endpoints import Endpoints as YandexEndpoints
from tests.clouds.wire_server import KEY_SECRET, PROJECT, TOKEN, TOKEN_PATH, WireServer
from tests.clouds.yandex.played_services import API_KEY, PlayedServices
from tests.clouds.yandex.tuning.played_tunings import FOLDER
from tests.support.played_yandex import services, store
from tests.support.virtual_time import VirtualTime

__all__ = ["services", "store"]


@pytest.fixture
def vendor() -> Iterator[WireServer]:
    """Play the vendor; tokens are given to anybody."""
    server = WireServer()
    server.tell("POST", TOKEN_PATH, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
    yield server
    server.close()


@pytest.fixture
def time() -> VirtualTime:
    """Give a virtual clock."""
    return VirtualTime()


@pytest.fixture
def make_client(vendor: WireServer, time: VirtualTime) -> Iterator[Callable[[Assumptions], CloudRuClient]]:
    """Make clients of the played vendor on the virtual clock."""
    clients: list[CloudRuClient] = []

    def make(assumptions: Assumptions) -> CloudRuClient:
        client = CloudRuClient(
            key_id="key-id",
            key_secret=KEY_SECRET,
            project_id=PROJECT,
            endpoints=Endpoints.under(vendor.url),
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
def client(make_client: Callable[[Assumptions], CloudRuClient]) -> CloudRuClient:
    """Give a client with the default assumptions."""
    return make_client(Assumptions())


@pytest.fixture
def make_yandex(
    services: PlayedServices, vendor: WireServer, time: VirtualTime
) -> Iterator[Callable[[yandex_assumptions.Assumptions], YandexClient]]:
    """Make clients on the virtual clock; `vendor` plays the REST hosts."""
    clients: list[YandexClient] = []

    def make(assumptions: yandex_assumptions.Assumptions) -> YandexClient:
        client = YandexClient(
            folder_id=FOLDER,
            auth=ApiKey(key=SecretStr(API_KEY)),
            endpoints=YandexEndpoints.local(services.address, vendor.url),
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
def yandex(make_yandex: Callable[[yandex_assumptions.Assumptions], YandexClient]) -> YandexClient:
    """Give a client with the default assumptions."""
    return make_yandex(yandex_assumptions.Assumptions())
