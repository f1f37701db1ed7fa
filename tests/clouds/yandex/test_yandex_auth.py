"""An authorized key becomes tokens: signed as IAM wants it, fetched once, renewed in time, never told."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import jwt
import pytest
from pydantic import SecretStr, ValidationError
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest, CreateIamTokenResponse
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.errors import AuthenticationError, ConfigurationError
from clouds.yandex.auth import ApiKey, Auth, AuthorizedKey, IamToken, read_authorized_key
from clouds.yandex.client import YandexClient
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.yandex.keys import KEY_ID, SERVICE_ACCOUNT_ID, authorized_key_json, private_key, private_pem
from tests.clouds.yandex.played_services import PlayedServices, Refusal
from tests.support.virtual_time import VirtualTime

NOW_S = 1_795_300_000.0
CREATE, GET = "IamTokenService.Create", "OperationService.Get"
STRANGER = Refusal(grpc.StatusCode.UNAUTHENTICATED, "The token has expired")
SENTINEL = "sentinel-of-a-secret"


@pytest.fixture
def connect(services: PlayedServices, time: VirtualTime) -> Iterator[Callable[[Auth], YandexClient]]:
    """Make clients whose Unix time passes with the virtual clock."""
    clients: list[YandexClient] = []

    def make(auth: Auth) -> YandexClient:
        clients.append(
            YandexClient(
                folder_id="b1g",
                auth=auth,
                endpoints=Endpoints.local(services.address, "http://127.0.0.1:1"),
                clock=time.clock,
                sleep=time.sleep,
                now=lambda: NOW_S + time.now_s,
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def key() -> AuthorizedKey:
    """Read the authorized key."""
    return read_authorized_key(authorized_key_json())


def tokens(time: VirtualTime, lifetime_s: float) -> Callable[[Any], CreateIamTokenResponse]:
    """Give a new token at each call, that lives so long."""
    given: list[str] = []

    def give(_: CreateIamTokenRequest) -> CreateIamTokenResponse:
        given.append(f"t1.{SENTINEL}.{len(given) + 1}")
        answer = CreateIamTokenResponse(iam_token=given[-1])
        answer.expires_at.FromSeconds(int(NOW_S + time.now_s + lifetime_s))
        return answer

    return give


def authorizations(services: PlayedServices) -> list[str]:
    """Return how the calls were authorized: the number of the token."""
    return [sent["authorization"].rsplit(".", 1)[-1] for sent in services.metadata(GET)]


def test_the_jwt_is_what_iam_wants(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, time: VirtualTime, key: AuthorizedKey
) -> None:
    """PS256 with the key's id, for IAM alone, good for an hour; the token call itself is not authorized."""
    services.tell(CREATE, tokens(time, 43_200))
    services.tell(GET, Operation(id="x"))
    connect(key).operations.get("x")
    (request,) = services.asked(CREATE)
    assert jwt.get_unverified_header(request.jwt) == {"alg": "PS256", "kid": KEY_ID, "typ": "JWT"}
    claims = jwt.decode(
        request.jwt,
        private_key().public_key(),
        algorithms=["PS256"],
        audience="https://iam.api.cloud.yandex.net/iam/v1/tokens",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["iss"] == SERVICE_ACCOUNT_ID
    assert claims["iat"] == int(NOW_S + time.now_s)
    assert claims["exp"] - claims["iat"] == 3600
    assert "authorization" not in services.metadata(CREATE)[0]
    assert services.metadata(GET)[0]["authorization"] == f"Bearer t1.{SENTINEL}.1"


@pytest.mark.parametrize(("lifetime_s", "renewed_after_s"), [(43_200, 3600), (600, 300), (-100, 3600)])
def test_a_token_is_renewed_each_hour_or_at_half_of_a_shorter_life(
    connect: Callable[[Auth], YandexClient],
    services: PlayedServices,
    time: VirtualTime,
    key: AuthorizedKey,
    lifetime_s: float,
    renewed_after_s: float,
) -> None:
    """One that seems to have expired at birth, because a clock is wrong, is kept until it is refused or an hour old."""
    services.tell(CREATE, tokens(time, lifetime_s))
    services.tell(GET, Operation(id="x"))
    client = connect(key)
    for passed_s in (0, renewed_after_s - 1, 1):
        time.now_s += passed_s
        client.operations.get("x")
    assert authorizations(services) == ["1", "1", "2"]


def test_a_refused_token_is_replaced_once(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, time: VirtualTime, key: AuthorizedKey
) -> None:
    """The call is carried out with the new token; a service that refuses that one too is believed."""
    services.tell(CREATE, tokens(time, 43_200))
    services.tell(GET, Operation(id="x"), STRANGER, Operation(id="x"), STRANGER)
    client = connect(key)
    client.operations.get("x")
    client.operations.get("x")
    assert authorizations(services) == ["1", "1", "2"]
    with pytest.raises(AuthenticationError, match="yc iam key create") as caught:
        client.operations.get("x")
    assert authorizations(services) == ["1", "1", "2", "2", "3"]
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        (IamToken(token=SecretStr(SENTINEL)), "lives 12 hours"),
        (ApiKey(key=SecretStr(SENTINEL)), "foundationModels.execute"),
    ],
)
def test_what_cannot_be_renewed_is_sent_once(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, auth: Auth, told: str
) -> None:
    """The message says what to put into the block."""
    services.tell(GET, STRANGER)
    with pytest.raises(AuthenticationError, match=told):
        connect(auth).operations.get("x")
    assert len(services.asked(GET)) == 1
    assert services.asked(CREATE) == []


def test_any_number_of_threads_cause_one_token_call(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, time: VirtualTime, key: AuthorizedKey
) -> None:
    """They wait for the one that is under way."""
    together = threading.Barrier(8)
    services.tell(CREATE, tokens(time, 43_200))
    services.tell(GET, Operation(id="x"))
    client = connect(key)

    def ask(_: int) -> None:
        together.wait(30)
        client.operations.get("x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert len(services.asked(CREATE)) == 1


def test_an_expired_key_is_told(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, key: AuthorizedKey
) -> None:
    """IAM's refusal says what to do; a service that repeats the JWT or the key brings neither into the message."""

    def refuse(request: CreateIamTokenRequest) -> CreateIamTokenResponse:
        line = private_pem().splitlines()[3]
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, f"key expired: {request.jwt} {line}")

    services.tell(CREATE, refuse)
    with pytest.raises(AuthenticationError, match=r"IAM token for the authorized key: .*make a new key") as caught:
        connect(key).operations.get("x")
    (request,) = services.asked(CREATE)
    assert request.jwt not in str(caught.value)
    assert private_pem().splitlines()[3] not in str(caught.value)
    assert services.asked(GET) == []


def test_iam_is_asked_again_after_unavailable(
    connect: Callable[[Auth], YandexClient], services: PlayedServices, time: VirtualTime, key: AuthorizedKey
) -> None:
    """To exchange a key twice does no harm."""
    services.tell(CREATE, Refusal(grpc.StatusCode.UNAVAILABLE, "later"), tokens(time, 43_200))
    services.tell(GET, Operation(id="x"))
    assert connect(key).operations.get("x").id == "x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Invalid JSON"),
        ("[]", "object"),
        (json.dumps({"id": "k", "service_account_id": "s"}), "private_key: Field required"),
        (json.dumps({"id": "", "service_account_id": "s", "private_key": SENTINEL}), "id: String should have"),
        (json.dumps({"id": "k", "service_account_id": "s", "private_key": SENTINEL}), "not an RSA key"),
    ],
)
def test_what_is_no_authorized_key_is_told_without_it(text: str, told: str) -> None:
    """The message names the field, in one line."""
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_authorized_key(text)
    assert SENTINEL not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_credentials_tell_nobody(key: AuthorizedKey) -> None:
    """Neither their repr nor the error of a wrong one shows a secret."""
    shown = repr((key, IamToken(token=SecretStr(SENTINEL)), ApiKey(key=SecretStr(SENTINEL))))
    assert SENTINEL not in shown
    assert private_pem().splitlines()[3] not in shown
    with pytest.raises(ValidationError) as caught:
        AuthorizedKey(id="", service_account_id="s", private_key=SecretStr(SENTINEL))
    assert SENTINEL not in str(caught.value)
