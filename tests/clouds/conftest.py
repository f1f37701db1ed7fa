"""The vendor as a test tells it, a clock that only moves when somebody sleeps, and a client of both."""

from collections.abc import Callable, Iterator

import pytest

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.endpoints import Endpoints
from tests.clouds.wire_server import TOKEN_PATH, WireServer

PROJECT = "11111111-1111-4111-8111-111111111111"
KEY_SECRET = "key-secret-sentinel"
TOKEN = "token-sentinel-1"


class VirtualTime:
    """Seconds that pass only in sleep."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s: list[float] = []

    def clock(self) -> float:
        """Return the time now."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.slept_s.append(seconds)
        self.now_s += seconds


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
