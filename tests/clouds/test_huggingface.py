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
    QuotaError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.huggingface import check_access, parameters_by_format, token_owner
from tests.clouds.wire_server import Told, WireServer

REPOSITORY = "Qwen/Qwen3-Embedding-0.6B"
TOKEN = SecretStr("hf_sentinel")
WEIGHTS = {"BF16": 595_776_512}
INFO = {"id": REPOSITORY, "safetensors": {"parameters": {"BF16": 595_776_512}, "total": 595_776_512}}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clouds.huggingface.time.sleep", lambda _: None)


def test_the_count_is_asked_with_the_token_of_the_block(vendor: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safetensors total; without a token nobody is asked as, not even whom this machine is logged in as."""
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_machine")
    vendor.tell("GET", f"/api/models/{REPOSITORY}/revision/main", INFO)
    assert parameters_by_format(REPOSITORY, endpoint=vendor.url, token=TOKEN) == WEIGHTS
    assert parameters_by_format(REPOSITORY, endpoint=f"{vendor.url}/", token=SecretStr("")) == WEIGHTS
    assert parameters_by_format(REPOSITORY, endpoint=vendor.url) == WEIGHTS
    assert [asked.headers.get("authorization") for asked in vendor.asked] == ["Bearer hf_sentinel", None, None]
    assert vendor.asked[0].query["expand"] == "safetensors"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Told({"error": "x"}, 404, {"X-Error-Code": "RepoNotFound"}), NotFoundError, "Correct `repository`"),
        (Told({"error": "x"}, 404, {"X-Error-Code": "RevisionNotFound"}), NotFoundError, "Correct `revision`"),
        (Told({"error": "x"}, 403, {"X-Error-Code": "GatedRepo"}), PermissionDeniedError, "gated"),
        (Told({"error": "x"}, 418), CloudError, "answered 418"),
        (Told({"error": "Invalid username or password."}, 401), NotFoundError, "or it is private"),
        (Told({"error": "Invalid credentials in Authorization header"}, 401), AuthenticationError, "make a Read token"),
        (Told({"error": "no right x"}, 403), PermissionDeniedError, "no right x.*A right of the token.*Read access to"),
        (Told({"error": "busy"}, 429), QuotaError, "Try again later"),
        (Told({"error": "x"}, 503), UnavailableError, "Try again later"),
        (Told(b"<html>Sign in</html>"), ConfigurationError, "a page .*or set gpu_memory_gb"),
        (Told(b"[" * 100_000), ConfigurationError, "no JSON that can be read"),
        (Told({}), WrongAnswerError, "ModelInfo"),
        (Told(b"null"), WrongAnswerError, "ModelInfo"),
        (Told({"id": REPOSITORY}), ConfigurationError, "set gpu_memory_gb"),
        (Told({"id": REPOSITORY, "safetensors": {"parameters": {}, "total": 0}}), ConfigurationError, "gpu_memory_gb"),
    ],
)
def test_every_refusal_says_what_to_do(vendor: WireServer, answer: Told, kind: type[CloudError], said: str) -> None:
    """Missing, gated, without a count: one line each, and never the token."""
    vendor.tell("GET", "/api/models/.*", answer)
    with pytest.raises(kind, match=said) as caught:
        parameters_by_format(REPOSITORY, endpoint=vendor.url, token=TOKEN)
    assert "hf_sentinel" not in str(caught.value)


def test_a_name_that_is_none(vendor: WireServer) -> None:
    """A name that is no repository is not asked for."""
    with pytest.raises(ConfigurationError, match="cannot be asked for"):
        parameters_by_format("a/b/c", endpoint=vendor.url)


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
        (lambda url: parameters_by_format(REPOSITORY, endpoint=url), ConfigurationError, "set gpu_memory_gb"),
        (lambda url: token_owner(endpoint=url, token=TOKEN), ConnectionFailedError, "and the network"),
    ],
)
def test_a_hub_that_does_not_answer(call: Callable[[str], Any], kind: type[CloudError], said: str) -> None:
    """For the size there is another way; for the token there is the network to check."""
    dead = WireServer()
    dead.close()
    with pytest.raises(kind, match=said):
        call(dead.url)


def test_a_gated_repository_shows_its_page_and_refuses_its_files(vendor: WireServer) -> None:
    """The size is known, and the access check says who must be asked, with which right of the token."""
    vendor.tell("GET", "/api/models/.*", INFO)
    refusal = Told({"error": "Access to model is restricted"}, 403, {"X-Error-Code": "GatedRepo"})
    vendor.tell("GET", f"/api/models/{REPOSITORY}/auth-check", refusal)
    assert parameters_by_format(REPOSITORY, endpoint=vendor.url, token=TOKEN) == WEIGHTS
    with pytest.raises(PermissionDeniedError, match=rf"gated.*{vendor.url}/{REPOSITORY}.*public gated repos"):
        check_access(REPOSITORY, endpoint=vendor.url, token=TOKEN)
    assert vendor.asked[-1].headers["authorization"] == "Bearer hf_sentinel"


def test_a_mirror_that_does_not_know_the_access_check(vendor: WireServer) -> None:
    """A 404 without a code is no answer about the repository; one with a code is."""
    path = f"/api/models/{REPOSITORY}/auth-check"
    vendor.tell("GET", path, Told({"error": "Cannot GET"}, 404))
    assert check_access(REPOSITORY, endpoint=vendor.url) == "?"
    vendor.tell("GET", path, Told({"error": "x"}, 404, {"X-Error-Code": "RepoNotFound"}))
    with pytest.raises(NotFoundError, match="Correct `repository`"):
        check_access(REPOSITORY, endpoint=vendor.url)
    vendor.tell("GET", path, Told(b'"OK"'))
    assert check_access(REPOSITORY, endpoint=vendor.url) == "yes"


def test_a_repository_that_was_renamed(vendor: WireServer) -> None:
    """The hub redirects to its new name, and the question goes along."""
    vendor.tell("GET", "/api/models/old/name/revision/main", Told({}, 307, {"Location": f"/api/models/{REPOSITORY}"}))
    vendor.tell("GET", f"/api/models/{REPOSITORY}", INFO)
    assert parameters_by_format("old/name", endpoint=vendor.url, token=TOKEN) == WEIGHTS


def test_offline_mode_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HF_HUB_OFFLINE=1` of the worker forbids to ask a hub that is not of this machine."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigurationError, match=r"HF_HUB_OFFLINE .* is set where this runs.*Unset it"):
        token_owner(endpoint="https://hub.invalid", token=TOKEN)
