"""The local server over SQLite: writers wait for each other, and its event loop collects no garbage."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
from prefect.settings import get_current_settings

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
