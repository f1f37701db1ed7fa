"""No error of the tree holds a secret, wherever a service has put it."""

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from yandex.cloud.ai.dataset.v1.dataset_pb2 import ValidationError

from clouds.cloudru.storage.errors import refused, unanswered
from clouds.cloudru.wire.knowledge import SearchApi
from clouds.errors import CloudError, DeadlineError, FailedStateError, WrongAnswerError
from clouds.redaction import MASK, Redaction, masked
from clouds.transport import Transport, open_http
from clouds.yandex.dataset.validation import invalid

SENTINEL = "sentinel-of-a-secret"
TOKEN = "hf_" + "aB3dE6gH9" * 4
SIGNED = "https://s3.cloud.ru/b/k?X-Amz-Credential=tenant%3Akey%2F20261130&X-Amz-Signature=0f1e2d3c4b5a6978"
ANSWERS = {
    "the kind of an error": httpx.Response(500, headers={"content-type": f"Bearer {SENTINEL}"}, text="<html>"),
    "the kind of a page": httpx.Response(200, headers={"content-type": SENTINEL}, text="<html>"),
    "the request id": httpx.Response(400, headers={"x-request-id": SENTINEL}, json={"code": 3, "message": "no"}),
    "the code": httpx.Response(400, json={"error": {"code": SENTINEL, "message": "no"}}),
    "another code": httpx.Response(400, headers={"x-error-code": SENTINEL}),
    "the message": httpx.Response(400, json={"code": 3, "message": f"wrong: {SENTINEL}"}),
    "where a message is cut": httpx.Response(400, json={"message": "x" * 290 + SENTINEL}),
    "where a quotation is cut": httpx.Response(400, text=" " * 1190 + SENTINEL),
    "where the kind is cut": httpx.Response(200, headers={"content-type": "x" * 50 + SENTINEL}, text="<html>"),
    "the target of a redirect": httpx.Response(302, headers={"location": f"https://other.example/{SENTINEL}"}),
}


@pytest.fixture
def redaction() -> Redaction:
    """Return one that knows the sentinel."""
    made = Redaction()
    made.add(SENTINEL)
    return made


def everything(error: CloudError) -> str:
    """Return all that a log, a result or a state could keep of an error, with its causes."""
    shown = "".join(traceback.format_exception(error))
    return shown + repr(error) + repr(vars(error)) + repr(pickle.loads(pickle.dumps(error)).args)  # noqa: S301  # ours


@pytest.mark.parametrize("place", ANSWERS)
def test_an_echo_is_masked_wherever_it_stands(redaction: Redaction, place: str) -> None:
    """In a header, in a code, in a message: neither the text of the error nor its fields hold it."""
    http = open_http(httpx.MockTransport(lambda _: ANSWERS[place]))
    transport = Transport(http, redaction=redaction, sleep=lambda _: None)
    with pytest.raises(CloudError) as caught:
        transport.request("GET", "https://service.example/v1")
    assert SENTINEL[:10] not in everything(caught.value)


def test_a_cause_that_quotes_a_secret_is_not_shown(redaction: Redaction) -> None:
    """A log shows the causes of an error, too: one that holds the secret is left out, any other stays."""

    def sent(said: str) -> CloudError:
        def fail(_: httpx.Request) -> httpx.Response:
            raise httpx.RemoteProtocolError(said)

        transport = Transport(open_http(httpx.MockTransport(fail)), redaction=redaction, sleep=lambda _: None)
        with pytest.raises(CloudError) as caught:
            transport.request("GET", "https://service.example/v1")
        return caught.value

    assert SENTINEL not in everything(sent(f"illegal header line: {SENTINEL}"))
    assert "RemoteProtocolError: cut" in everything(sent("cut"))


@pytest.mark.parametrize("kind", [WrongAnswerError, DeadlineError, FailedStateError])
def test_an_error_made_far_from_the_client_is_masked(redaction: Redaction, kind: Callable[[str], CloudError]) -> None:
    """What a run or a version says of its failure is text of an answer: what a living client holds is masked there."""
    assert kind(f"it failed: {SENTINEL}").message == f"it failed: {MASK}"
    assert redaction.clean(SENTINEL) == MASK


def test_what_an_error_carries_is_masked_too(redaction: Redaction) -> None:
    """Prefect logs the repr of an error, with its arguments: the run that failed, as the service described it."""
    run = {"status_reason": {"message": f"no: {SENTINEL}"}, "events": [f"then {TOKEN}"], "gpu_count": 1}
    for error in (FailedStateError("it failed", run), DeadlineError("too late", f"FAILED: {SENTINEL}")):
        assert SENTINEL not in everything(error)
        assert TOKEN not in everything(error)
        assert redaction.clean(SENTINEL) == MASK
    assert FailedStateError("it failed", run).resource["gpu_count"] == 1


def test_a_resource_of_any_shape_is_masked(redaction: Redaction) -> None:
    """Keys, sets, bytes, models and objects may hold what a service said, too; letters that are none are escaped."""

    @dataclass(frozen=True)
    class Held:
        text: str

    shapes: list[Any] = [
        {f"key {SENTINEL}": 1},
        {SENTINEL},
        f"bytes {SENTINEL}".encode(),
        SearchApi(url=f"https://x/{SENTINEL}"),
        Held(SENTINEL),
        ("deep", [{"in": Held(SENTINEL)}]),
    ]
    for shape in shapes:
        for error in (FailedStateError("it failed", shape, SENTINEL), DeadlineError("too late", shape)):
            assert SENTINEL not in everything(error)
    assert FailedStateError("it failed", {"name": "\udcff"}).resource == {"name": "\\udcff"}
    assert FailedStateError("it failed", Held("plain")).resource == Held("plain")
    assert redaction.clean(SENTINEL) == MASK


def test_a_log_shows_the_message_of_an_error_and_not_the_whole_resource() -> None:
    """Prefect logs the repr: what a service says of a run is in the message, where it was asked for."""
    run = {"name": "![a](http://x.example/a.png)", "events": ["<img src=x>"] * 100}
    assert repr(FailedStateError("it failed", run, "why")) == "FailedStateError('it failed')"
    assert repr(DeadlineError("too late", run)) == "DeadlineError('too late')"


def test_faults_of_a_dataset_are_masked(redaction: Redaction) -> None:
    """They quote rows."""
    fault = ValidationError(error="bad", error_description=f"row says {SENTINEL}", row_numbers=[1])
    assert SENTINEL not in everything(invalid("dataset", [fault]))
    assert redaction.clean(SENTINEL) == MASK


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        "aGZfYUIzZEU2Z0g5YUIzZEU2",
        "Bearer abc1.def2-ghi3",
        "Authorization: Api-Key abcdefgh",
        "t1.9euelZqTmpaJ.x9XmIpq2Dv0pGk5mQ",
        "AQVNabcdefghijklmnop",
        "eyJhbGciOiJIUzI1.eyJpc3MiOiJh.c2lnbmF0dXJl",
        SIGNED,
    ],
)
def test_what_looks_secret_is_masked_before_anybody_knows_it(secret: str) -> None:
    """A token that another service repeats, or a signature: no client had to hold it."""
    last = secret.rsplit(maxsplit=1)[-1].rpartition("=")[2]
    assert last not in str(CloudError(f"it said {secret}, and ended"))
    assert last not in masked(f"<Message>{secret}</Message>")


def test_s3_errors_hold_no_signature() -> None:
    """Neither S3's own message nor that of the connection, with the address that was signed."""
    signature = SIGNED.rpartition("=")[2]
    errors = (
        refused("GET s3://b/k", 403, "AccessDenied", f"no: {SIGNED}"),
        unanswered("GET s3://b/k", OSError(f"no route to {SIGNED}")),
    )
    for error in errors:
        assert signature not in everything(error)
        assert MASK in str(error)


@pytest.mark.parametrize(
    "text",
    ["the secret 'hf-token' has no version", "a bearer is missing", "GET /v1?page_size=100 answered 404", "t1. is it"],
)
def test_ordinary_words_stay(text: str) -> None:
    """A mask over what is no secret would hide the reason."""
    assert masked(text) == text
