"""Prefect's server over SQLite as `prefect server start` runs it and as `make up` does: what eight writers get done.

Each server in turn has a home of its own and the same half minute. A write that is turned away is not repeated here;
Prefect's client would sleep for two seconds first.
"""

import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx

from bench.fleet_machines import Machine, running, server, wait_until_healthy
from local.prefect_api import PrefectApi

WRITERS = 8
FOR_S = 30.0
NO_ANSWER_S = 120.0
PREFECT, OURS = "prefect server start", "local.prefect_server"


@dataclass(frozen=True)
class Outcome:
    """What the writers met: answers by kind, and seconds that each write took."""

    answers: Counter[str]
    took_s: list[float]

    def row(self, name: str) -> str:
        """Return a line of the table."""
        return (
            f"| {name} | {self.answers['done']} | {self.answers['refused']} | {self.answers['no answer']} "
            f"| {sorted(self.took_s)[len(self.took_s) // 2] * 1000:.0f} | {max(self.took_s):.1f} |"
        )


def contest(machine: Machine) -> Outcome:
    """Start the server, let the writers write, end it."""
    answers: Counter[str] = Counter()
    took_s: list[float] = []
    counting = threading.Lock()

    def write(http: httpx.Client, path: str, body: dict[str, object]) -> httpx.Response | None:
        began_s, answer = time.monotonic(), None
        try:
            answer = http.post(path, json=body)
            kind = "done" if answer.is_success else "refused"
        except httpx.HTTPError:
            kind = "no answer"
        with counting:
            answers[kind] += 1
            took_s.append(time.monotonic() - began_s)
        return answer if kind == "done" else None

    def writer(_: int) -> None:
        until_s = time.monotonic() + FOR_S
        with httpx.Client(base_url=machine.api_url, trust_env=False, timeout=NO_ANSWER_S) as http:
            while time.monotonic() < until_s:
                flow = write(http, "/flows/", {"name": f"flow-{uuid4()}"})
                run = flow and write(http, "/flow_runs/", {"flow_id": flow.json()["id"], "state": {"type": "PENDING"}})
                if run:
                    write(http, f"/flow_runs/{run.json()['id']}/set_state", {"state": {"type": "RUNNING"}})
                write(http, "/variables/", {"name": f"v_{uuid4().hex}", "value": 1})

    with running(machine), PrefectApi(machine.api_url) as api:
        wait_until_healthy(machine, api)
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(writer, range(WRITERS)))
        machine.kill()
    return Outcome(answers, took_s)


def main() -> None:
    """Print the table and the figure."""
    print(f"{WRITERS} writers for {FOR_S:g} s\n\n| server | done | refused | no answer | median, ms | slowest, s |")
    print("|---|---|---|---|---|---|")
    outcomes: dict[str, Outcome] = {}
    for name in (PREFECT, OURS):
        with tempfile.TemporaryDirectory() as folder:
            plain = server(Path(folder))
            host_and_port = plain.command[2:]
            machine = plain if name == PREFECT else replace(plain, module=OURS, command=host_and_port)
            outcomes[name] = contest(machine)
        print(outcomes[name].row(name), flush=True)
    print(f"prefect_server: {outcomes[OURS].answers['done'] / max(1, outcomes[PREFECT].answers['done']):.0f}")


if __name__ == "__main__":
    main()
