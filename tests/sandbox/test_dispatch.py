"""Which service a request means, ordered faults, and the request log."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ListTypesRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.sandbox.redirected import RedirectedTransport
from tests.support.sandbox_process import SandboxProcess

LOG_GROUPS = f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT_ID}/log-group"
RUNS = f"/console.cloud.ru/u-api/inference/model-run/v1/{PROJECT_ID}/modelruns"
TOKEN_PATH = "/api/v1/auth/token"
KEY = {"keyId": KEY_ID, "secret": KEY_SECRET}


def test_a_client_of_the_vendor_works_when_its_connections_are_redirected(sandbox: SandboxProcess) -> None:
    """Unmodified vendor URLs reach the same services, distinguished by the Host header."""
    with httpx.Client(transport=RedirectedTransport(sandbox.base_url)) as client:
        token = client.post(f"https://iam.api.cloud.ru{TOKEN_PATH}", json=KEY).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = client.get(f"https:/{RUNS}", headers=bearer)
        unknown = client.get("https://no-such-service.cloud.ru/v1", headers=bearer)
    assert answer.status_code == 200
    assert "modelRuns" in answer.json()
    assert (unknown.status_code, unknown.json()["code"]) == (404, 5)


def test_the_request_id_comes_back(sandbox: SandboxProcess) -> None:
    """X-Request-ID is echoed, made when it is missing, and logged."""
    sandbox.reset()
    url = f"{sandbox.endpoints.iam}{TOKEN_PATH}"
    assert httpx.post(url, json=KEY, headers={"X-Request-ID": "my-id"}).headers["x-request-id"] == "my-id"
    assert httpx.post(url, json=KEY).headers["x-request-id"]
    assert sandbox.requests()[0]["request_id"] == "my-id"


def test_the_log_tells_what_was_asked_and_nothing_secret(sandbox: SandboxProcess) -> None:
    """Method, host, path and status are logged; no body, no header, no query."""
    sandbox.reset()
    with sandbox.client() as client:
        client.post(RUNS, json={"name": "planted-sentinel"}, params={"q": "planted-sentinel"})
        client.get(RUNS)
    logged = [(e["method"], e["host"], e["status"], e["mutating"]) for e in sandbox.requests()]
    assert logged == [
        ("POST", "iam.api.cloud.ru", 200, False),
        ("POST", "console.cloud.ru", 400, True),
        ("GET", "console.cloud.ru", 200, False),
    ]
    raw = sandbox.control.get("/requests").text
    assert not any(secret in raw for secret in ("planted-sentinel", KEY_SECRET, "Bearer"))


def test_the_next_two_of_a_kind_fail(sandbox: SandboxProcess) -> None:
    """A fault hits as many requests of its method and path as ordered, then no more, and says so."""
    sandbox.reset()
    with sandbox.client() as client:
        sandbox.fault("modelruns$", method="GET", times=2, status=503)
        assert not sandbox.all_faults_used()
        statuses = [client.get(RUNS).status_code, client.post(RUNS, json={}).status_code]
        statuses += [client.get(RUNS).status_code, client.get(RUNS).status_code]
    assert statuses == [503, 400, 503, 200]
    assert sandbox.all_faults_used()
    report = sandbox.control.get("/faults").json()["faults"][0]
    assert (report["used"], report["remaining"]) == (2, 0)


def test_a_fault_may_bring_its_own_body(sandbox: SandboxProcess) -> None:
    """The body of a fault is any JSON; left out, it is rpcStatus."""
    sandbox.reset()
    with sandbox.client() as client:
        sandbox.fault("modelruns", status=500, body={"error": "a text"})
        sandbox.fault("modelruns", status=502)
        assert client.get(RUNS).json() == {"error": "a text"}
        assert client.get(RUNS).json()["code"] == 14


@pytest.mark.parametrize(("drop", "made"), [("before", 0), ("after", 1)])
def test_a_dropped_connection(sandbox: SandboxProcess, drop: str, made: int) -> None:
    """Dropped before: nothing was done. Dropped after: it was done, and the caller cannot know."""
    sandbox.reset()
    groups = f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT_ID}/log-group"
    with sandbox.client() as client:
        count = len(client.get(f"{groups}s").json()["logGroups"])
        sandbox.fault("log-group$", drop=drop)
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(groups, json={"name": f"dropped-{drop}"})
        assert len(client.get(f"{groups}s").json()["logGroups"]) == count + made
    assert [entry["status"] for entry in sandbox.requests() if entry["method"] == "POST"][-1] == 0


def test_a_held_answer_comes_after_the_work(sandbox: SandboxProcess) -> None:
    """While an answer is held its work is done; released, it is the answer that it would have been."""
    sandbox.reset()
    sandbox.fault("log-group$", method="POST", hold=True)
    with sandbox.client() as client, ThreadPoolExecutor(1) as pool:
        count = len(client.get(f"{LOG_GROUPS}s").json()["logGroups"])
        asked = pool.submit(client.post, LOG_GROUPS, json={"name": "held"})
        sandbox.wait_until_held()
        assert len(client.get(f"{LOG_GROUPS}s").json()["logGroups"]) == count + 1
        assert not asked.done()
        sandbox.release_held()
        assert asked.result().status_code == 200
    assert sandbox.control.get("/held").json() == {"held": 0}


def test_a_fault_may_skip_some(sandbox: SandboxProcess) -> None:
    """The first so many that match are answered as if there were no fault."""
    sandbox.reset()
    sandbox.fault("modelruns$", skip=2, status=503)
    with sandbox.client() as client:
        assert [client.get(RUNS).status_code for _ in range(4)] == [200, 200, 503, 200]


def test_orders_that_make_no_sense_are_refused(sandbox: SandboxProcess) -> None:
    """A bad pattern, a bad method of dropping, an unknown key: 400, and nothing is ordered."""
    sandbox.reset()
    for order in ({"path": "("}, {"path": "x", "drop": "sideways"}, {"path": "x", "staus": 500}, {}):
        assert sandbox.control.post("/faults", json=order).status_code == 400, order
    assert sandbox.control.get("/faults").json()["faults"] == []
    assert sandbox.control.patch("/settings", json={"no_such": 1}).status_code == 400


def test_the_control_api_answers_to_loopback_names_only(sandbox: SandboxProcess) -> None:
    """A page that rebinds its own name to this address is refused, and so is a vendor's host."""
    for host in ("attacker.example", "console.cloud.ru"):
        answer = httpx.get(f"{sandbox.base_url}/_sandbox/settings", headers={"Host": host})
        assert answer.status_code == 403, host


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "attacker.example"},
        {"Host": "cloud.ru.attacker.example"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_a_page_of_another_origin_changes_nothing(sandbox: SandboxProcess, headers: dict[str, str]) -> None:
    """Simple requests, which a browser sends without asking first: a reset, a token, an object. All are refused."""
    sandbox.reset()
    with sandbox.client() as client:
        client.post(LOG_GROUPS, json={"name": "stays"}).raise_for_status()
        for method, path in (
            ("POST", "/_sandbox/reset"),
            ("GET", "/_sandbox/yandex/authorized-key"),
            ("POST", f"/iam.api.cloud.ru{TOKEN_PATH}"),
            ("PUT", "/s3.cloud.ru/bucket/key"),
        ):
            answer = httpx.request(method, f"{sandbox.base_url}{path}", headers=headers, content=b"{}")
            assert (answer.status_code, answer.json()["code"]) == (403, 7), path
        assert "stays" in client.get(f"{LOG_GROUPS}s").text


def test_the_console_may_be_named_as_origin(sandbox: SandboxProcess) -> None:
    """The vendor's own scripts send it to the console's backend; it opens no way to the sandbox's own routes."""
    origin = {"Origin": "https://console.cloud.ru"}
    with sandbox.client() as client:
        assert client.get(RUNS, headers=origin).status_code == 200
        assert client.post("/_sandbox/reset", headers=origin).status_code == 403


def test_unknown_paths_and_methods(sandbox: SandboxProcess) -> None:
    """Neither is a crash: 404 and 405 as rpcStatus."""
    assert httpx.get(f"{sandbox.base_url}/iam.api.cloud.ru/nothing").json()["code"] == 5
    assert httpx.get(f"{sandbox.base_url}/").status_code == 404
    answer = httpx.get(f"{sandbox.endpoints.iam}{TOKEN_PATH}")
    assert (answer.status_code, answer.json()["code"]) == (405, 12)
    not_json = httpx.post(
        f"{sandbox.endpoints.iam}{TOKEN_PATH}", content=b"{", headers={"content-type": "application/json"}
    )
    assert (not_json.status_code, not_json.json()["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("mangle", "sees"),
    [
        ("malformed", "json"),
        ("empty_object", "{}"),
        ("page", "<!DOCTYPE html>"),
        ("broken_gzip", httpx.DecodingError),
        ("truncated", httpx.RemoteProtocolError),
    ],
)
def test_an_answer_is_spoilt_after_the_work(sandbox: SandboxProcess, mangle: str, sees: type[Exception] | str) -> None:
    """What was asked is done; what comes back is what a broken proxy makes of the answer."""
    sandbox.reset()
    with sandbox.client() as client:
        count = len(client.get(f"{LOG_GROUPS}s").json()["logGroups"])
        sandbox.fault("log-group$", method="POST", mangle=mangle)
        if isinstance(sees, str):
            answer = client.post(LOG_GROUPS, json={"name": "spoilt"})
            assert answer.status_code == 200
            assert answer.text.startswith(sees.replace("json", '{"data": ['))
        else:
            with pytest.raises(sees):
                client.post(LOG_GROUPS, json={"name": "spoilt"})
        assert len(client.get(f"{LOG_GROUPS}s").json()["logGroups"]) == count + 1


def test_an_answer_is_spelled_otherwise(sandbox: SandboxProcess) -> None:
    """Over both wires, so often as ordered; what is no pattern is refused."""
    sandbox.reset()
    with sandbox.client() as client:
        sandbox.fault("log-groups$", replace={"logGroups": "groups", '"status":"[A-Z_]+"': '"status":"NEW"'}, times=1)
        groups = client.get(f"{LOG_GROUPS}s").json()["groups"]
        assert {group["status"] for group in groups} == {"NEW"}
        assert "logGroups" in client.get(f"{LOG_GROUPS}s").json()
    sandbox.fault("DatasetService/ListTypes", replace={"Pair": "Couple"})
    with sandbox.yandex_channel() as channel:
        types = DatasetServiceStub(channel).ListTypes(ListTypesRequest()).types
    assert "TextEmbeddingsCouple" in types
    assert sandbox.all_faults_used()
    refused = sandbox.control.post("/faults", json={"path": "x", "replace": {"(": ""}})
    assert (refused.status_code, "not a regular expression" in refused.text) == (400, True)


def test_a_request_is_doubled_on_its_way(sandbox: SandboxProcess) -> None:
    """The work is done twice, and the second answer comes."""
    sandbox.reset()
    with sandbox.client() as client:
        count = len(client.get(f"{LOG_GROUPS}s").json()["logGroups"])
        sandbox.fault("log-group$", method="POST", twice=True)
        assert client.post(LOG_GROUPS, json={"name": "doubled"}).status_code == 200
        assert len(client.get(f"{LOG_GROUPS}s").json()["logGroups"]) == count + 2


def test_a_refusal_may_ask_to_wait(sandbox: SandboxProcess) -> None:
    """Retry-After goes with the status."""
    sandbox.reset()
    sandbox.fault("modelruns$", status=429, retry_after_s=7)
    with sandbox.client() as client:
        assert client.get(RUNS).headers["retry-after"] == "7"


def test_something_new_is_listed_late(sandbox: SandboxProcess) -> None:
    """It is there at once, and listed when the clock is so far; what was there before stays listed."""
    sandbox.reset()
    with sandbox.client() as client:
        known = client.get(f"{LOG_GROUPS}s").json()["logGroups"]
        sandbox.set(listed_after_s=20)
        client.post(LOG_GROUPS, json={"name": "late"})
        assert client.get(f"{LOG_GROUPS}s").json()["logGroups"] == known
        assert "late" in sandbox.inventory()["log_groups"]
        sandbox.advance(20)
        assert len(client.get(f"{LOG_GROUPS}s").json()["logGroups"]) == len(known) + 1
