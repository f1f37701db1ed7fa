"""The calls that watch a run, where they are not shown by the demo and the watch."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local.prefect_api import PrefectApi
from tests.local.prefect_server import RUN_ID, Script, serve


def answering(*replies: httpx.Response) -> tuple[PrefectApi, list[httpx.Request], list[float]]:
    """Return a client that gets these replies in turn, the requests it made, and the pauses between them."""
    waiting = list(replies)
    asked: list[httpx.Request] = []
    slept: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    return PrefectApi("http://127.0.0.1:1/api", httpx.MockTransport(answer), slept.append), asked, slept


def run(**changes: Any) -> dict[str, Any]:
    """Return a flow run as the API does."""
    return {"id": RUN_ID, "name": "brave-owl", "state_type": "SCHEDULED", "state_name": "Scheduled", **changes}


def test_locked_database_is_waited_for() -> None:
    """503 is repeated; the repeated creation carries the same key, so that there is one run."""
    api, asked, slept = answering(httpx.Response(503), httpx.Response(503), httpx.Response(201, json=run()))
    assert api.start_run("deployment-1").id == RUN_ID
    assert len(slept) == 2
    assert asked[0].content == asked[1].content == asked[2].content
    assert b"idempotency_key" in asked[0].content


def test_database_locked_for_good_is_an_error() -> None:
    """After eight tries the 503 is the answer."""
    api, asked, _ = answering(*[httpx.Response(503)] * 8)
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        api.start_run("deployment-1")
    assert len(asked) == 8


def test_run_begins_with_its_parameters() -> None:
    """What is named goes into the run, the rest is the deployment's."""
    api, asked, _ = answering(httpx.Response(201, json=run()))
    api.start_run("deployment-1", {"question": "Сколько?"})
    assert json.loads(asked[0].content)["parameters"] == {"question": "Сколько?"}


def test_variable_that_is_not_there_is_none() -> None:
    """A value as it was written, and None for a variable that nobody has set."""
    api, asked, _ = answering(httpx.Response(200, json={"value": {"version_id": "v1"}}), httpx.Response(404))
    assert api.variable("rag_kb") == {"version_id": "v1"}
    assert api.variable("rag_kb") is None
    assert asked[0].url.path == "/api/variables/name/rag_kb"


def test_work_pool_that_is_there_is_kept() -> None:
    """A second start finds the pool; another refusal is an error."""
    api, _, _ = answering(httpx.Response(409), httpx.Response(422))
    api.ensure_work_pool("local")
    with pytest.raises(httpx.HTTPStatusError):
        api.ensure_work_pool("local")


def test_worker_of_last_time_does_not_count() -> None:
    """A worker is there when it has reported since the start; the one of yesterday is still listed."""
    since = datetime(2026, 11, 21, tzinfo=UTC)
    old, new = (
        httpx.Response(200, json=[{"last_heartbeat_time": (since + timedelta(seconds=s)).isoformat()}]) for s in (-9, 9)
    )
    api, _, _ = answering(old, new)
    assert not api.has_worker("local", since)
    assert api.has_worker("local", since)


def test_server_that_is_not_there_is_not_healthy() -> None:
    """Before the server listens, looking is not an error."""
    with PrefectApi("http://127.0.0.1:1/api") as api:
        assert not api.is_healthy()
    with serve(Script([])) as api_url, PrefectApi(api_url) as api:
        assert api.is_healthy()


def test_runs_without_worker_are_marked_as_ended() -> None:
    """What is said to be under way when no worker runs is marked, so that its concurrency slot is free."""
    api, asked, _ = answering(httpx.Response(200, json=[run()]), httpx.Response(201, json={}))
    api.mark_orphans_cancelled()
    assert b"RUNNING" in asked[0].content
    assert asked[1].url.path == f"/api/flow_runs/{RUN_ID}/set_state"
    assert b'"CANCELLED"' in asked[1].content
    assert b"force" not in asked[1].content
