"""Where the services answer says whether anything is billed there."""

import pytest

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.yandex.wire.endpoints import Endpoints as YandexEndpoints


def test_a_server_that_hosts_every_service_is_a_sandbox() -> None:
    """On this machine or in a container, with and without a path."""
    assert Endpoints.under("http://127.0.0.1:8080").is_sandbox
    assert Endpoints.under("http://sandbox:8080/below/").is_sandbox


@pytest.mark.parametrize(
    "endpoints",
    [
        Endpoints(),
        Endpoints(storage="http://127.0.0.1:8080"),
        Endpoints.under("http://127.0.0.1:8080").model_copy(update={"inference": Endpoints().inference}),
        Endpoints(inference="http://127.0.0.1:9000", knowledge="http://127.0.0.1:9000"),
    ],
)
def test_what_may_be_billed_is_no_sandbox(endpoints: Endpoints) -> None:
    """The cloud itself, one service of it, or a tunnel to it that is called at this machine."""
    assert not endpoints.is_sandbox


def test_a_sandbox_of_yandex_is_known_by_the_place_of_its_rest_api() -> None:
    """Not by the host: any port of this machine may lead to the cloud."""
    assert YandexEndpoints.local("127.0.0.1:9000", "http://127.0.0.1:8080").is_sandbox
    assert not YandexEndpoints().is_sandbox
    assert not YandexEndpoints(ai_rest="http://127.0.0.1:8080").is_sandbox
