"""The local server: over SQLite writers wait for each other, garbage has a thread; pages of others are refused."""

import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prefect.settings import get_current_settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

WRITERS, WRITES = 8, 12
COLLECTS = """
import threading
from local import prefect_server

class Forgotten:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print(threading.current_thread().name)
        collected.set()

collected = threading.Event()
prefect_server.COLLECTED_EVERY_S = 0.01
prefect_server.collect_aside()
Forgotten()
kept = [[] for _ in range(100_000)]  # here Python would collect otherwise
assert collected.wait(30)
"""


def test_writers_at_once_are_all_served(prefect_storage: Path) -> None:  # noqa: ARG001  # the server must be up
    """Each call reads before it writes, which Prefect's own server answers with 503 when another writes in between."""
    url = get_current_settings().api.url

    def write(_: int) -> int:
        with httpx.Client(base_url=str(url), trust_env=False, timeout=120) as http:
            flow = http.post("/flows/", json={"name": f"flow-{uuid4()}"}).raise_for_status().json()["id"]
            for _ in range(WRITES):
                body = {"flow_id": flow, "state": {"type": "PENDING"}}
                run = http.post("/flow_runs/", json=body).raise_for_status().json()["id"]
                http.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "RUNNING"}}).raise_for_status()
            asked = {"flows": {"id": {"any_": [flow]}}, "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
            return http.post("/flow_runs/count", json=asked).raise_for_status().json()

    with ThreadPoolExecutor(WRITERS) as writers:
        assert [*writers.map(write, range(WRITERS))] == [WRITES] * WRITERS


def test_garbage_is_collected_by_a_thread_of_its_own() -> None:
    """In the thread of the event loop the collector could wait for a statement that waits for the event loop."""
    ended = subprocess.run([sys.executable, "-c", COLLECTS], capture_output=True, text=True, check=True)
    assert ended.stdout == "garbage\n"


@pytest.fixture
def server(prefect_storage: Path) -> Generator[httpx.Client]:  # noqa: ARG001  # the server must be up
    """Return a client of the local server."""
    with httpx.Client(base_url=str(get_current_settings().api.url), trust_env=False, timeout=60) as http:
        yield http


def read_blocks(server: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    """Ask for every block with its secrets."""
    return server.post("/block_documents/filter", json={"include_secrets": True}, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "attacker.example"},
        {"Host": "attacker.example:{port}", "Origin": "http://attacker.example:{port}"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
    ids=["another name", "another port", "a sandboxed frame", "a rebound name", "its own page", "a picture", "a frame"],
)
def test_a_page_of_another_origin_reads_no_blocks(server: httpx.Client, headers: dict[str, str]) -> None:
    """Whatever a browser sends for it, the answer is 403 without a header that would let the page read it."""
    answer = read_blocks(server, {name: text.format(port=server.base_url.port) for name, text in headers.items()})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_its_own_pages_are_answered_under_each_name_of_the_machine(server: httpx.Client, name: str) -> None:
    """The UI opened as localhost calls 127.0.0.1: another origin for the browser, which Prefect's CORS names."""
    origin = f"http://{name}:{server.base_url.port}"
    answer = read_blocks(server, {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin


def test_programs_and_links_are_answered(server: httpx.Client) -> None:
    """A program sends none of a browser's headers; a link in a chat opens the UI in a window."""
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert read_blocks(server, {}).status_code == 200
    assert server.get("/health", headers=link).status_code == 200


@pytest.mark.parametrize("origin", ["http://attacker.example", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_opens_no_websocket(server: httpx.Client, origin: str) -> None:
    """Browsers let any page open one; events and logs would flow to it."""
    url = f"ws://127.0.0.1:{server.base_url.port}/api/events/out"
    with pytest.raises(InvalidStatus, match="HTTP 403"), connect(url, origin=Origin(origin), proxy=None):
        pass
    with connect(url, origin=Origin(f"http://127.0.0.1:{server.base_url.port}"), proxy=None) as own:
        assert own.state.name == "OPEN"
