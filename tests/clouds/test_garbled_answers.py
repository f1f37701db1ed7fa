"""What comes in place of an answer: pages, broken packing, bodies without end. One clear error, and never a guess."""

import gzip
from collections.abc import Iterator

import httpx
import pytest
from pydantic import BaseModel

import clouds.whole_answer
from clouds.errors import (
    APIError,
    CloudError,
    ConfigurationError,
    GarbledAnswerError,
    PermissionDeniedError,
    WrongAnswerError,
)
from clouds.redaction import Redaction
from clouds.transport import Transport, open_http
from tests.support.virtual_time import VirtualTime

URL = "http://vendor.test/things"
DEEP = b"[" * 100_000


class Things(BaseModel):
    """Something that travels."""

    names: list[str]


class Answering:
    """A transport that answers with what it is given, the last again and again."""

    def __init__(self, time: VirtualTime, *answers: httpx.Response) -> None:
        self.sent: list[httpx.Request] = []
        left = list(answers)

        def answer(request: httpx.Request) -> httpx.Response:
            self.sent.append(request)
            return left.pop(0) if len(left) > 1 else left[0]

        self.transport = Transport(open_http(httpx.MockTransport(answer)), clock=time.clock, sleep=time.sleep)


def packed(content: bytes, how: str = "gzip") -> httpx.Response:
    """Return an answer that says how it is packed."""
    return httpx.Response(200, stream=Stream(content), headers={"Content-Encoding": how})


class Stream(httpx.SyncByteStream):
    """A body that comes in pieces, for ever when it is told to."""

    def __init__(self, piece: bytes, *, times: int = 1) -> None:
        self.piece, self.times, self.given = piece, times, 0

    def __iter__(self) -> Iterator[bytes]:
        while self.given < self.times:
            self.given += 1
            yield self.piece


GARBLED = {
    "a page": lambda: httpx.Response(200, html="<!doctype html><html>Sign in</html>"),
    "a page that calls itself JSON": lambda: httpx.Response(200, content=b"\n<html>", headers={"Content-Type": "a/b"}),
    "nothing": lambda: httpx.Response(200),
    "half of it": lambda: httpx.Response(200, content=b'{"names": ["a"'),
    "nested too deep": lambda: httpx.Response(200, content=DEEP),
    "not packed as it says": lambda: packed(b'{"names": []}'),
    "packed and cut": lambda: packed(gzip.compress(b'{"names": []}')[:-10]),
}


@pytest.mark.parametrize("kind", GARBLED)
def test_what_is_no_answer_is_named_and_asked_for_again(time: VirtualTime, kind: str) -> None:
    """A read gets its answer with the next attempt; without one, the error is ours and says what to look at."""
    good = httpx.Response(200, json={"names": ["a"]})
    assert Answering(time, GARBLED[kind](), good).transport.ask(Things, "GET", URL).names == ["a"]
    vendor = Answering(time, *(GARBLED[kind]() for _ in range(3)))
    with pytest.raises(GarbledAnswerError, match=r"GET .*/things .*Check the endpoint"):
        vendor.transport.ask(Things, "GET", URL)
    assert len(vendor.sent) == 3


def test_a_create_whose_reply_is_garbled_is_not_repeated(time: VirtualTime) -> None:
    """The create may have been done: the error is that of a lost reply, after which it is looked for."""
    vendor = Answering(time, GARBLED["a page"]())
    with pytest.raises(GarbledAnswerError):
        vendor.transport.request("POST", URL, json={})
    assert len(vendor.sent) == 1


@pytest.mark.parametrize("content", [b"{}", b"null", b"[]", b'{"names": null}'])
def test_json_of_another_shape_is_not_repeated(time: VirtualTime, content: bytes) -> None:
    """The service did answer, and something else than the contract says."""
    vendor = Answering(time, httpx.Response(200, content=content))
    with pytest.raises(WrongAnswerError, match="not Things"):
        vendor.transport.ask(Things, "GET", URL)
    assert len(vendor.sent) == 1


def test_a_body_without_end_is_read_no_further(time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound holds for what is unpacked, so that a small packed body cannot fill the memory."""
    monkeypatch.setattr(clouds.whole_answer, "LARGEST_ANSWER_BYTES", 1 << 20)
    endless = Stream(b" " * 65_536, times=1 << 40)
    bomb = gzip.compress(b" " * (8 << 20))
    for answers in ([httpx.Response(200, stream=endless) for _ in range(3)], [packed(bomb) for _ in range(3)]):
        with pytest.raises(GarbledAnswerError, match="more than 1 MiB"):
            Answering(time, *answers).transport.ask(Things, "GET", URL)
    assert endless.given <= 3 * 17


def test_a_body_that_trickles_is_given_up(time: VirtualTime) -> None:
    """A byte now and then keeps every read alive; the answer as a whole has a time."""

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                time.sleep(20.0)
                yield b" "

    vendor = Answering(time, httpx.Response(200, stream=Trickle()))
    with pytest.raises(GarbledAnswerError, match="had not ended after 180 s"):
        vendor.transport.ask(Things, "GET", URL)
    assert len(vendor.sent) == 1, "no attempt begins so late"


def test_the_body_of_a_refusal_is_cut(time: VirtualTime) -> None:
    """What an error says stands at its beginning: an endless one is the service's error all the same."""
    body = Stream(b"no right " * 1000, times=1 << 40)
    vendor = Answering(time, httpx.Response(403, stream=body))
    with pytest.raises(PermissionDeniedError, match="no right"):
        vendor.transport.request("POST", URL, json={})
    assert body.given < 20


def test_a_refusal_that_is_nested_too_deep(time: VirtualTime) -> None:
    """It is quoted, shortened, like any body of no published shape."""
    with pytest.raises(APIError, match=r"answered 400: \[\[\["):
        Answering(time, httpx.Response(400, content=DEEP)).transport.request("POST", URL, json={})


@pytest.mark.parametrize("value", [b"\xb2", b"Mon, 99 Foo", b"-5", b"9" * 400, b"1 Jan 99999999999 0:0"])
def test_a_retry_after_that_is_none(time: VirtualTime, value: bytes) -> None:
    """`Retry-After: \u00b2` is a digit to Python and no number: the error is the service's."""
    answer = httpx.Response(503, json={"message": "busy"}, headers=[(b"Retry-After", value)])
    with pytest.raises(APIError, match="busy"):
        Answering(time, answer).transport.request("GET", URL)


@pytest.mark.parametrize(
    ("url", "body"), [("http://vendor.test:port/x", {}), ("http://[::/x", {}), (URL, {"text": "\ud800"})]
)
def test_what_cannot_be_sent_is_our_own_fault(time: VirtualTime, url: str, body: dict[str, str]) -> None:
    """An endpoint that is no address and half a character: said as such, nothing was sent."""
    vendor = Answering(time, httpx.Response(200, json={}))
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        vendor.transport.request("POST", url, json=body)
    assert vendor.sent == []


def test_what_the_content_type_echoes_is_masked(time: VirtualTime) -> None:
    """A bearer that comes back in a header is not shown."""
    redaction = Redaction()
    redaction.add("bearer-sentinel")
    answer = httpx.Response(200, json={}, headers={"Content-Type": "bearer-sentinel/x"})
    transport = Transport(
        open_http(httpx.MockTransport(lambda _: answer)), redaction=redaction, clock=time.clock, sleep=time.sleep
    )
    with pytest.raises(CloudError) as caught:
        transport.ask(Things, "GET", URL)
    assert "sentinel" not in str(caught.value)
