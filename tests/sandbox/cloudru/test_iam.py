"""IAM: tokens, and who may do what with them."""

import httpx
import pytest

from sandbox.settings import GUEST_KEY_ID, GUEST_KEY_SECRET, KEY_ID, KEY_SECRET, PROJECT_ID
from tests.support.sandbox_process import SandboxProcess

EVERY_SERVICE = (
    f"/console.cloud.ru/u-api/s3e-controller/v2/projects/{PROJECT_ID}",
    f"/console.cloud.ru/u-api/inference/model-run/v1/{PROJECT_ID}/modelruns",
    "/console.cloud.ru/u-api/inference/model-run/v1/predefined-models",
    f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT_ID}/log-groups",
    f"/secretmanager.api.cloud.ru/v2/secret/x?projectId={PROJECT_ID}",
    f"/managed-rag.api.cloud.ru/v1/knowledge-bases?project_id={PROJECT_ID}",
)


def ask_for_token(sandbox: SandboxProcess, body: dict[str, str]) -> httpx.Response:
    """Send one token request."""
    return httpx.post(f"{sandbox.endpoints.iam}/api/v1/auth/token", json=body)


@pytest.mark.parametrize("key_field", ["keyId", "key_id"])
def test_both_spellings_of_the_key_id_are_taken(sandbox: SandboxProcess, key_field: str) -> None:
    """IAM takes `keyId` and `key_id` and answers with the published fields."""
    answer = ask_for_token(sandbox, {key_field: KEY_ID, "secret": KEY_SECRET})
    assert answer.status_code == 200
    assert set(answer.json()) >= {"access_token", "id_token", "refresh_token", "expires_in", "token_type", "not_before"}


@pytest.mark.parametrize(("key_id", "secret"), [(KEY_ID, "wrong"), ("wrong", KEY_SECRET), ("", ""), (KEY_ID, "ключ")])
def test_a_wrong_key_is_401(sandbox: SandboxProcess, key_id: str, secret: str) -> None:
    """A wrong key is answered 401 as rpcStatus, and the answer does not repeat the secret."""
    answer = ask_for_token(sandbox, {"keyId": key_id, "secret": secret})
    assert (answer.status_code, answer.json()["code"]) == (401, 16)
    assert not secret or secret not in answer.text


@pytest.mark.parametrize("path", EVERY_SERVICE)
def test_every_service_checks_the_token(sandbox: SandboxProcess, path: str) -> None:
    """No token, a forged one and one of a service account without a role are refused by every service."""
    token = sandbox.token()
    forged = token[:-5] + ("AAAA=" if token[-5:] != "AAAA=" else "BBBB=")
    for bearer in ("", forged, "x.y.z", "a", KEY_SECRET):
        answer = httpx.get(sandbox.base_url + path, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
        assert (answer.status_code, answer.json()["code"]) == (401, 16), (bearer, answer.text)
    if PROJECT_ID in path:
        guest = sandbox.token(GUEST_KEY_ID, GUEST_KEY_SECRET)
        answer = httpx.get(sandbox.base_url + path, headers={"Authorization": f"Bearer {guest}"})
        assert (answer.status_code, answer.json()["code"]) == (403, 7)


def test_another_project_is_403(sandbox: SandboxProcess) -> None:
    """A project in which the account has no role is answered 403."""
    with sandbox.client() as client:
        answer = client.get("/console.cloud.ru/u-api/inference/model-run/v1/another-project/modelruns")
    assert (answer.status_code, answer.json()["code"]) == (403, 7)


def test_a_token_expires(sandbox: SandboxProcess) -> None:
    """A token is accepted until its lifetime is over, then 401."""
    sandbox.reset()
    sandbox.set(token_lifetime_s=100)
    with sandbox.client() as client:
        sandbox.advance(95)
        assert client.get(EVERY_SERVICE[0]).status_code == 200
        sandbox.advance(6)
        answer = client.get(EVERY_SERVICE[0])
    assert answer.status_code == 401
    assert "expired" in answer.json()["message"]


def test_the_older_oauth_endpoint(sandbox: SandboxProcess) -> None:
    """auth.iam.cloud.ru takes a form and refuses in OAuth's shape."""
    url = f"{sandbox.base_url}/auth.iam.cloud.ru/auth/system/openid/token"
    form = {"grant_type": "access_key", "client_id": KEY_ID, "client_secret": KEY_SECRET}
    token = httpx.post(url, data=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(sandbox.base_url + EVERY_SERVICE[0], headers=bearer).status_code == 200
    refused = httpx.post(url, data={**form, "client_secret": "wrong"})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert httpx.post(url, data={"grant_type": "password"}).json()["error"] == "unsupported_grant_type"
