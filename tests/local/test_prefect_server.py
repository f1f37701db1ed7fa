"""The local server over SQLite: writers wait for each other, and nobody is turned away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
from prefect.settings import get_current_settings

WRITERS, WRITES = 8, 12


def test_writers_at_once_are_all_served(prefect_storage: Path) -> None:  # noqa: ARG001  # the server must be up
    """Each call reads before it writes, which Prefect's own server answers with 503 when another writes in between."""
    url = get_current_settings().api.url

    def write(_: int) -> list[int]:
        codes: list[int] = []
        with httpx.Client(base_url=str(url), trust_env=False, timeout=120) as http:
            flow = http.post("/flows/", json={"name": f"flow-{uuid4()}"})
            codes.append(flow.status_code)
            for _ in range(WRITES):
                body = {"flow_id": flow.json()["id"], "state": {"type": "PENDING"}}
                run = http.post("/flow_runs/", json=body)
                running = http.post(f"/flow_runs/{run.json()['id']}/set_state", json={"state": {"type": "RUNNING"}})
                codes += [run.status_code, running.status_code]
        return codes

    with ThreadPoolExecutor(WRITERS) as writers:
        codes = [code for each in writers.map(write, range(WRITERS)) for code in each]
    assert len(codes) == WRITERS * (1 + 2 * WRITES)
    assert set(codes) == {httpx.codes.CREATED}
