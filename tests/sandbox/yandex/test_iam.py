"""IAM: a JWT signed with the authorized key becomes a token, over gRPC and REST."""

import stat
import time
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ListTypesRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest, CreateIamTokenResponse
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub
from yandexcloud._auth_fabric import get_auth_token_requester

from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import refused

AUDIENCE = "https://iam.api.cloud.yandex.net/iam/v1/tokens"


def signed(key: dict[str, str], *, algorithm: str = "PS256", pem: str = "", kid: str = "", **claims: Any) -> str:
    """Return a JWT; what is given replaces what is right."""
    now = int(time.time())
    body = {"iss": key["service_account_id"], "aud": AUDIENCE, "iat": now, "exp": now + 3600, **claims}
    private = pem or key["private_key"][key["private_key"].index("-----BEGIN") :]
    return jwt.encode(body, private, algorithm=algorithm, headers={"kid": kid or key["id"]})


def exchange(sandbox: SandboxProcess, token: str) -> CreateIamTokenResponse:
    """Ask for a token over gRPC."""
    with sandbox.yandex_channel(authorization="") as channel:
        return IamTokenServiceStub(channel).Create(CreateIamTokenRequest(jwt=token))


def is_let_in(sandbox: SandboxProcess, iam_token: str) -> bool:
    """Whether a service takes the token."""
    with sandbox.yandex_channel(f"Bearer {iam_token}") as channel:
        try:
            DatasetServiceStub(channel).ListTypes(ListTypesRequest())
        except grpc.RpcError:
            return False
        return True


def test_the_vendors_own_library_gets_a_token(sandbox: SandboxProcess) -> None:
    """The JWT that `yandexcloud` makes of the authorized key is exchanged for a token that services take."""
    requester: Any = get_auth_token_requester(service_account_key=sandbox.authorized_key())
    answer = exchange(sandbox, requester.get_token_request().jwt)
    assert answer.iam_token.startswith("t1.")
    assert is_let_in(sandbox, answer.iam_token)


def test_the_key_is_made_once_and_is_the_owners(sandbox: SandboxProcess) -> None:
    """The same key each time; its file is read by the owner only."""
    key = sandbox.authorized_key()
    assert key == sandbox.authorized_key()
    assert key["private_key"].startswith("PLEASE DO NOT REMOVE THIS LINE!")
    assert stat.S_IMODE((sandbox.data_dir / "yandex-authorized-key.json").stat().st_mode) == 0o600


def test_a_wrong_jwt_is_unauthenticated(sandbox: SandboxProcess) -> None:
    """Another algorithm, key, issuer, audience, time or lifetime is refused, and the text says which."""
    key, now = sandbox.authorized_key(), int(time.time())
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for token, said in (
        (signed(key, algorithm="RS256"), "alg"),
        (signed(key, pem=stranger.decode()), "ignature"),
        (signed(key, kid="ajeunknown"), "kid"),
        (signed(key, iss="ajesomebodyelse"), "ssuer"),
        (signed(key, aud="https://example.com"), "udience"),
        (signed(key, iat=now - 7200, exp=now - 3600), "expired"),
        (signed(key, exp=now + 7200), "3600"),
        ("no.jwt.at.all", "JWT"),
        ("", "JWT"),
    ):
        code, text = refused(lambda token=token: exchange(sandbox, token))
        assert code == grpc.StatusCode.UNAUTHENTICATED
        assert said in text


def test_a_token_expires_by_the_sandboxs_clock(sandbox: SandboxProcess) -> None:
    """It is taken until its lifetime is over; a fresh one is issued at once, whatever the sandbox's clock says."""
    sandbox.reset()
    sandbox.set(yandex_token_lifetime_s=100)
    token = exchange(sandbox, signed(sandbox.authorized_key())).iam_token
    sandbox.advance(95)
    assert is_let_in(sandbox, token)
    sandbox.advance(86400)
    assert not is_let_in(sandbox, token)
    assert is_let_in(sandbox, exchange(sandbox, signed(sandbox.authorized_key())).iam_token)


def test_rest_answers_the_same(sandbox: SandboxProcess) -> None:
    """POST /iam/v1/tokens takes the JWT and answers with camel case; a refusal is `google.rpc.Status` with 401."""
    url = f"{sandbox.base_url}/iam.api.cloud.yandex.net/iam/v1/tokens"
    answer = httpx.post(url, json={"jwt": signed(sandbox.authorized_key())}, trust_env=False)
    assert set(answer.json()) == {"iamToken", "expiresAt"}
    assert is_let_in(sandbox, answer.json()["iamToken"])
    refusal = httpx.post(url, json={"jwt": "x"}, trust_env=False)
    assert (refusal.status_code, refusal.json()["code"]) == (401, 16)


@pytest.mark.parametrize("path", ["/operations/fdsunheardof", "/operations/fdsunheardof:cancel"])
def test_operations_over_rest_ask_who_is_calling(sandbox: SandboxProcess, path: str) -> None:
    """401 without a key, 404 for an operation that is not there."""
    url = f"{sandbox.base_url}/operation.api.cloud.yandex.net{path}"
    assert httpx.get(url, trust_env=False).status_code == 401
    headers = {"Authorization": f"Bearer {exchange(sandbox, signed(sandbox.authorized_key())).iam_token}"}
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (404, 5)
