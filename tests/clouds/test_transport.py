"""The one retry policy, request ids, and what a message may hold."""

import pickle
import uuid

import httpx
import pytest
from pydantic import BaseModel

from clouds.cloudru.client import CloudRuClient
from clouds.errors import (
    APIError,
    ConnectionFailedError,
    DeadlineError,
    QuotaError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.polling import wait_until
from clouds.redaction import Redaction
from clouds.transport import Transport, open_http
from tests.clouds.wire_server import LOST, Told, WireServer
from tests.support.virtual_time import VirtualTime

BUSY = Told({"code": 14, "message": "busy"}, 503)


class Thing(BaseModel):
    """Something that travels."""

    name: str


@pytest.fixture
def transport(time: VirtualTime) -> Transport:
    """Give a transport that sleeps virtually."""
    return Transport(open_http(), sleep=time.sleep)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_may_be_repeated_is_repeated(
    vendor: WireServer, transport: Transport, time: VirtualTime, method: str, status: int
) -> None:
    """GET, PUT and DELETE are sent again after 429, 502, 503, 504, with jittered growing pauses."""
    vendor.tell(method, "/x", Told({}, status), Told({}, status), Told({"name": "a"}))
    assert transport.ask(Thing, method, f"{vendor.url}/x").name == "a"
    assert len(vendor.requests(method, "/x")) == 3
    assert time.slept_s[0] <= 1
    assert time.slept_s[1] <= 2


def test_at_most_three_times(vendor: WireServer, transport: Transport, time: VirtualTime) -> None:
    """A service that stays busy is asked three times, and the last error comes through."""
    vendor.tell("GET", "/x", BUSY)
    with pytest.raises(UnavailableError, match="busy"):
        transport.request("GET", f"{vendor.url}/x")
    assert len(vendor.requests("GET", "/x")) == 3
    assert len(time.slept_s) == 2


@pytest.mark.parametrize("answer", [BUSY, LOST, Told({}, 429)], ids=["503", "lost reply", "429"])
def test_a_create_is_never_repeated_blindly(vendor: WireServer, transport: Transport, answer: Told) -> None:
    """A POST goes out once, whatever becomes of its reply."""
    vendor.tell("POST", "/x", answer)
    with pytest.raises((UnavailableError, ConnectionFailedError, QuotaError)):
        transport.request("POST", f"{vendor.url}/x", json={})
    assert len(vendor.requests("POST", "/x")) == 1


def test_a_post_that_only_reads_is_repeated(vendor: WireServer, transport: Transport) -> None:
    """What its caller calls repeatable is sent again, also after a lost reply."""
    vendor.tell("POST", "/x", LOST, BUSY, Told({"name": "a"}))
    assert transport.ask(Thing, "POST", f"{vendor.url}/x", json={}, repeatable=True).name == "a"


def test_a_create_is_repeated_when_no_connection_was_made(time: VirtualTime) -> None:
    """When the connection was refused nothing can have been sent, so even a create may go again."""
    tries: list[httpx.Request] = []

    def refuse_twice(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        if len(tries) < 3:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={"name": "a"})

    transport = Transport(open_http(httpx.MockTransport(refuse_twice)), sleep=time.sleep)
    assert transport.ask(Thing, "POST", "http://vendor.test/x", json={}).name == "a"


def test_retry_after_is_obeyed(vendor: WireServer, transport: Transport, time: VirtualTime) -> None:
    """The pause is what the service asks for; one that asks for more than two minutes is believed at once."""
    vendor.tell("GET", "/x", Told({}, 429, {"Retry-After": "7"}), Told({"name": "a"}))
    transport.request("GET", f"{vendor.url}/x")
    assert time.slept_s == [7.0]
    vendor.tell("GET", "/y", Told({}, 503, {"Retry-After": "3600"}))
    with pytest.raises(UnavailableError):
        transport.request("GET", f"{vendor.url}/y")
    assert len(vendor.requests("GET", "/y")) == 1
    vendor.tell("GET", "/z", Told({}, 503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), Told({}))
    transport.request("GET", f"{vendor.url}/z")
    assert time.slept_s[-1] == 0.0


def test_every_request_has_an_id_and_the_error_tells_it(vendor: WireServer, transport: Transport) -> None:
    """X-Request-ID is a UUID of its own on each attempt; the message ends with the last one."""
    vendor.tell("GET", "/x", BUSY)
    with pytest.raises(UnavailableError) as caught:
        transport.request("GET", f"{vendor.url}/x")
    ids = [asked.headers["x-request-id"] for asked in vendor.requests("GET", "/x")]
    assert len({uuid.UUID(each) for each in ids}) == 3
    assert caught.value.request_id == ids[-1]
    assert ids[-1] in str(caught.value)


def test_redirects_are_not_followed(vendor: WireServer, client: CloudRuClient) -> None:
    """A token never travels to where a redirect points; the error names the place without its query."""
    vendor.tell("GET", ".*/log-groups", Told({}, 302, {"Location": f"{vendor.url}/elsewhere?code=1"}))
    with pytest.raises(APIError, match=r"a redirect to .*/elsewhere, which is not followed"):
        client.log_groups.list()
    assert vendor.requests("GET", "/elsewhere") == []


def test_an_answer_of_another_shape_is_told_without_its_values(vendor: WireServer, transport: Transport) -> None:
    """A 200 that is not what the contract says names the missing field and repeats nothing of the body."""
    vendor.tell("GET", "/x", {"nam": "sentinel-in-the-body"})
    with pytest.raises(WrongAnswerError, match="not Thing: name: missing") as caught:
        transport.ask(Thing, "GET", f"{vendor.url}/x")
    assert "sentinel" not in str(caught.value)


def test_no_answer_names_host_and_next_step(time: VirtualTime) -> None:
    """A dead port ends in ConnectionFailedError after three tries."""
    dead = WireServer()
    dead.close()
    transport = Transport(open_http(), sleep=time.sleep)
    with pytest.raises(ConnectionFailedError, match=rf"GET {dead.url}/x got no answer .*Check the endpoint"):
        transport.request("GET", f"{dead.url}/x")
    assert len(time.slept_s) == 2


def test_a_secret_that_a_service_echoes_is_masked(vendor: WireServer, time: VirtualTime) -> None:
    """Known secrets are taken out of every message."""
    redaction = Redaction()
    redaction.add("sentinel-secret")
    transport = Transport(open_http(), redaction=redaction, sleep=time.sleep)
    vendor.tell("POST", "/x", Told({"message": "bad payload sentinel-secret"}, 400))
    with pytest.raises(APIError, match=r"bad payload \[secret\]"):
        transport.request("POST", f"{vendor.url}/x", json={})


def test_proxies_of_the_environment_are_left_out(
    vendor: WireServer, time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is not used unless the assumptions say so."""
    dead = WireServer()
    dead.close()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, dead.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    vendor.tell("GET", "/x", {"name": "a"})
    assert Transport(open_http(), sleep=time.sleep).ask(Thing, "GET", f"{vendor.url}/x").name == "a"
    through = Transport(open_http(through_proxy=True), sleep=time.sleep)
    with pytest.raises(ConnectionFailedError):
        through.request("GET", f"{vendor.url}/x")


def test_a_create_that_was_refused_for_now_obeys_retry_after(vendor: WireServer, time: VirtualTime) -> None:
    """429 with Retry-After was not carried out, whatever the method: it is sent again then."""
    vendor.tell("POST", "/x", Told({}, 429, {"Retry-After": "30"}), {"name": "a"})
    transport = Transport(open_http(), sleep=time.sleep)
    assert transport.ask(Thing, "POST", f"{vendor.url}/x").name == "a"
    assert time.slept_s == [30.0]


def test_a_create_that_met_a_used_up_quota_is_not_repeated(vendor: WireServer, time: VirtualTime) -> None:
    """429 without Retry-After is a limit that no pause lifts."""
    vendor.tell("POST", "/x", Told({}, 429))
    with pytest.raises(QuotaError):
        Transport(open_http(), sleep=time.sleep).request("POST", f"{vendor.url}/x")
    assert time.slept_s == []


def test_an_error_says_what_retry_after_asked(vendor: WireServer, time: VirtualTime) -> None:
    """Who looks after a lost create must know when the next one may come."""
    vendor.tell("POST", "/x", Told({}, 503, {"Retry-After": "90"}))
    with pytest.raises(UnavailableError) as caught:
        Transport(open_http(), sleep=time.sleep).request("POST", f"{vendor.url}/x")
    assert caught.value.retry_after_s == 90.0
    assert pickle.loads(pickle.dumps(caught.value)).retry_after_s == 90.0  # noqa: S301  # our own


def test_retry_after_never_goes_beyond_the_deadline_of_a_wait(vendor: WireServer, time: VirtualTime) -> None:
    """A deadline of 6 s ends after 6 s although the service asks for 60; asked at the start and at the end only."""
    vendor.tell("GET", "/x", Told({}, 429, {"Retry-After": "60"}))
    transport = Transport(open_http(), sleep=time.sleep)
    with pytest.raises(DeadlineError, match="after 6 s"):
        wait_until(
            lambda: transport.request("GET", f"{vendor.url}/x"),
            lambda _: True,
            subject="it",
            deadline_s=6.0,
            clock=time.clock,
            sleep=time.sleep,
        )
    assert time.now_s == pytest.approx(1006.0)
    assert len(vendor.requests("GET", "/x")) == 2


def test_retry_after_within_the_deadline_is_obeyed(vendor: WireServer, time: VirtualTime) -> None:
    """A wait looks again when the service allows it."""
    vendor.tell("GET", "/x", Told({}, 429, {"Retry-After": "60"}), {"name": "a"})
    transport = Transport(open_http(), sleep=time.sleep)
    wait_until(
        lambda: transport.request("GET", f"{vendor.url}/x"),
        lambda _: True,
        subject="it",
        deadline_s=600.0,
        clock=time.clock,
        sleep=time.sleep,
    )
    assert time.now_s == pytest.approx(1060.0)


def test_a_try_inside_a_wait_takes_hardly_longer_than_what_is_left(time: VirtualTime) -> None:
    """A service that hangs does not hold a wait of 6 s for the 60 s that a try may take elsewhere."""
    timeouts: list[dict[str, float]] = []

    def hang(request: httpx.Request) -> httpx.Response:
        timeouts.append(request.extensions["timeout"])
        time.now_s += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("no answer")

    transport = Transport(open_http(httpx.MockTransport(hang)), sleep=time.sleep)
    with pytest.raises(DeadlineError):
        wait_until(
            lambda: transport.request("GET", "http://service/x"),
            lambda _: True,
            subject="it",
            deadline_s=6.0,
            clock=time.clock,
            sleep=time.sleep,
        )
    assert timeouts[0]["read"] == 6.0
    assert time.now_s <= 1000.0 + 6.0 + 5.0
