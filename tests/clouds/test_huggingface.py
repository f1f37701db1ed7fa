"""The hub: how large a model is, whose token it is, and what to do when it does not tell."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from clouds.errors import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
)
from clouds.huggingface import parameter_count, token_owner
from tests.clouds.wire_server import Told, WireServer

REPOSITORY = "Qwen/Qwen3-Embedding-0.6B"
TOKEN = SecretStr("hf_sentinel")
INFO = {"id": REPOSITORY, "safetensors": {"parameters": {"BF16": 595_776_512}, "total": 595_776_512}}


def test_the_count_is_asked_with_the_token_of_the_block(vendor: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safetensors total; without a token nobody is asked as, not even whom this machine is logged in as."""
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_machine")
    vendor.tell("GET", f"/api/models/{REPOSITORY}(/revision/main)?", INFO)
    assert parameter_count(REPOSITORY, endpoint=vendor.url, token=TOKEN) == 595_776_512
    assert parameter_count(REPOSITORY, endpoint=f"{vendor.url}/", token=SecretStr("")) == 595_776_512
    assert parameter_count(REPOSITORY, endpoint=vendor.url) == 595_776_512
    assert [asked.headers.get("authorization") for asked in vendor.asked] == ["Bearer hf_sentinel", None, None]
    assert vendor.asked[0].query["expand"] == "safetensors"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Told({"error": "x"}, 404, {"X-Error-Code": "RepoNotFound"}), NotFoundError, "Correct `repository`"),
        (Told({"error": "x"}, 404, {"X-Error-Code": "RevisionNotFound"}), NotFoundError, "Correct `revision`"),
        (Told({"error": "x"}, 403, {"X-Error-Code": "GatedRepo"}), PermissionDeniedError, "gated"),
        (Told({"error": "x"}, 418), CloudError, "answered 418"),
        (Told({"id": REPOSITORY}), ConfigurationError, "set gpu_memory_gb"),
        (Told({"id": REPOSITORY, "safetensors": {"parameters": {}, "total": 0}}), ConfigurationError, "gpu_memory_gb"),
    ],
)
def test_every_refusal_says_what_to_do(vendor: WireServer, answer: Told, kind: type[CloudError], said: str) -> None:
    """Missing, gated, without a count: one line each, and never the token."""
    vendor.tell("GET", "/api/models/.*", answer)
    with pytest.raises(kind, match=said) as caught:
        parameter_count(REPOSITORY, endpoint=vendor.url, token=TOKEN)
    assert "hf_sentinel" not in str(caught.value)


def test_a_name_that_is_none(vendor: WireServer) -> None:
    """The library's own check of names comes through as ours."""
    with pytest.raises(ConfigurationError, match="cannot be asked"):
        parameter_count("a/b/c", endpoint=vendor.url)


def test_whose_token_it_is(vendor: WireServer) -> None:
    """A good token has an owner; a refused one says where to make another."""
    vendor.tell("GET", "/api/whoami-v2", {"name": "somebody", "type": "user"})
    assert token_owner(endpoint=vendor.url, token=TOKEN) == "somebody"
    vendor.tell("GET", "/api/whoami-v2", Told({"error": "Invalid token"}, 401))
    with pytest.raises(AuthenticationError, match="make a Read token") as caught:
        token_owner(endpoint=vendor.url, token=TOKEN)
    assert "hf_sentinel" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda url: parameter_count(REPOSITORY, endpoint=url), ConfigurationError, "set gpu_memory_gb"),
        (lambda url: token_owner(endpoint=url, token=TOKEN), ConnectionFailedError, "check the network"),
    ],
)
def test_a_hub_that_does_not_answer(call: Callable[[str], Any], kind: type[CloudError], said: str) -> None:
    """For the size there is another way; for the token there is the network to check."""
    dead = WireServer()
    dead.close()
    with pytest.raises(kind, match=said):
        call(dead.url)
