"""Tokens: fetched once, renewed in time, refreshed once after a refusal, and sent nowhere else."""

import threading
from collections import Counter

import httpx
import pytest

from clouds.cloudru.address import ConfiguredAddresses, model_url, search_url
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.errors import AuthenticationError, ConfigurationError, PermissionDeniedError
from tests.clouds.wire_server import KEY_SECRET, TOKEN, TOKEN_PATH, Asked, Told, WireServer
from tests.support.virtual_time import VirtualTime

LOG_GROUPS = ".*/log-groups"
RUN = "22222222-2222-4222-8222-222222222222"


def tokens_in_turn(vendor: WireServer, expires_in: int = 3600) -> None:
    """Give token 1, 2, 3, ..."""
    counter = iter(range(1, 1000))
    vendor.tell("POST", TOKEN_PATH, lambda _: Told({"access_token": f"t{next(counter)}", "expires_in": expires_in}))


def bearers(vendor: WireServer) -> list[str]:
    """Return the tokens that came in."""
    return [asked.headers["authorization"].removeprefix("Bearer ") for asked in vendor.requests("GET", LOG_GROUPS)]


def test_the_key_becomes_a_token(vendor: WireServer, client: CloudRuClient) -> None:
    """The documented body is sent, and the token stands on the next call."""
    vendor.tell("GET", LOG_GROUPS, {"logGroups": []})
    client.log_groups.list()
    assert vendor.requests("POST", TOKEN_PATH)[0].body == {"keyId": "key-id", "secret": KEY_SECRET}
    assert bearers(vendor) == [TOKEN]


def test_renewed_a_minute_before_it_expires(vendor: WireServer, client: CloudRuClient, time: VirtualTime) -> None:
    """`expires_in` is obeyed: 61 s before the end the token is still used, 59 s before it a new one is fetched."""
    tokens_in_turn(vendor)
    assert client.iam.token() == "t1"
    time.now_s += 3600 - 61
    assert client.iam.token() == "t1"
    time.now_s += 2
    assert client.iam.token() == "t2"


def test_a_short_token_is_used_for_half_of_its_life(
    vendor: WireServer, client: CloudRuClient, time: VirtualTime
) -> None:
    """A token of 10 s is not fetched anew for every call."""
    tokens_in_turn(vendor, expires_in=10)
    assert [client.iam.token(), client.iam.token()] == ["t1", "t1"]
    time.now_s += 6
    assert client.iam.token() == "t2"


@pytest.mark.parametrize("status", [401, 403])
def test_one_refresh_and_one_repeat_after_a_refusal(vendor: WireServer, client: CloudRuClient, status: int) -> None:
    """A token that a service refuses is replaced once, and the call goes again."""
    tokens_in_turn(vendor)
    vendor.tell("GET", LOG_GROUPS, Told({}, status), Told({"logGroups": []}))
    client.log_groups.list()
    assert bearers(vendor) == ["t1", "t2"]


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [(401, AuthenticationError, "key secret"), (403, PermissionDeniedError, "managed_rag.admin")],
)
def test_a_refresh_that_does_not_help_says_what_to_do(
    vendor: WireServer, client: CloudRuClient, status: int, kind: type[Exception], advice: str
) -> None:
    """After the second refusal the error names key or roles, and nothing is sent a third time."""
    vendor.tell("GET", LOG_GROUPS, Told({"code": 7, "message": "denied"}, status))
    with pytest.raises(kind, match=advice):
        client.log_groups.list()
    assert len(bearers(vendor)) == 2


def test_a_wrong_key_is_told_without_the_secret(vendor: WireServer, client: CloudRuClient) -> None:
    """IAM's refusal comes through with advice, and without the key secret it echoes."""
    vendor.tell("POST", TOKEN_PATH, Told({"error": "invalid_client", "error_description": f"bad {KEY_SECRET}"}, 401))
    with pytest.raises(AuthenticationError, match=r"invalid_client.*Check key id and key secret") as caught:
        client.log_groups.list()
    assert KEY_SECRET not in str(caught.value)
    assert KEY_SECRET not in repr(vars(client.iam))


def test_many_threads_cause_one_token_call(vendor: WireServer, client: CloudRuClient) -> None:
    """Sixteen threads at once: one call for the first token, and one for the refresh after all were refused."""
    tokens_in_turn(vendor)

    def answer(asked: Asked) -> Told:
        return Told({}, 401) if asked.headers["authorization"] == "Bearer t1" else Told({"logGroups": []})

    vendor.tell("GET", LOG_GROUPS, answer)
    together = threading.Barrier(16)

    def ask() -> None:
        together.wait()
        client.log_groups.list()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vendor.requests("POST", TOKEN_PATH)) == 2
    assert Counter(bearers(vendor))["t2"] == 16


def test_the_default_template_covers_the_published_address() -> None:
    """The vendor's own addresses pass, with and without scheme, slash or path."""
    endpoints = Endpoints()
    expected = f"https://{RUN}.modelrun.inference.cloud.ru"
    for published in (
        "",
        expected,
        f"{expected}/",
        f"{expected}:443",
        f"{expected}/v1",
        expected[8:],
        expected.upper(),
    ):
        if "MODELRUN" not in published:
            assert model_url(endpoints, RUN, published) == expected
    assert search_url(endpoints, RUN) == f"https://{RUN}.managed-rag.inference.cloud.ru"


@pytest.mark.parametrize(
    "published",
    [
        "https://evil.test",
        f"http://{RUN}.modelrun.inference.cloud.ru",
        f"https://{RUN}.modelrun.inference.cloud.ru.evil.test",
        f"https://{RUN}.modelrun.inference.cloud.ru:8443",
        f"https://user@{RUN}.modelrun.inference.cloud.ru",
        "https://other.modelrun.inference.cloud.ru",
    ],
)
def test_a_published_address_elsewhere_is_refused(published: str) -> None:
    """The token goes to configured hosts only; the error names the setting to change."""
    with pytest.raises(ConfigurationError, match=r"set endpoints\.model"):
        model_url(Endpoints(), RUN, published)


def test_an_id_cannot_move_the_host() -> None:
    """An id with anything but letters, digits and hyphens never becomes part of an address."""
    for resource_id in ("evil.test/#", "a.b", "", "../x"):
        with pytest.raises(ConfigurationError, match="is no id"):
            search_url(Endpoints(), resource_id)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://iam.api.cloud.ru/api/v1/x?y=1", True),
        (f"https://{RUN}.modelrun.inference.cloud.ru/v1/models", True),
        ("https://console.cloud.ru/u-api/inference/model-run/v1/p/modelruns", True),
        ("https://console.cloud.ru/u-api/other", False),
        ("https://a.b.modelrun.inference.cloud.ru/", False),
        ("https://iam.api.cloud.ru.evil.test/", False),
        ("https://evil.test/https://iam.api.cloud.ru/", False),
        ("http://iam.api.cloud.ru/", False),
    ],
)
def test_the_token_is_attached_for_configured_addresses_only(url: str, *, allowed: bool) -> None:
    """The last check before a token is put on a request."""
    assert ConfiguredAddresses(Endpoints()).allow(httpx.URL(url)) is allowed
