"""A Prefect server that looks often, the sandbox behind it, and what `make deploy` brings onto it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from bench.fleet_machines import ROOT, Machine, running, server, wait_until_healthy, worker
from bench.postgres import database
from local.layout import FOLDER_VARIABLE
from local.prefect_api import PrefectApi
from local.stack.parts import POOL
from tests.support.prefect_client import prefect_at
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import AT_ONCE, save_blocks

T = TypeVar("T")
OFTEN = {
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "0.5",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT15S",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
}
"""What a server does every few seconds or minutes, sooner."""
RUNS_AT_ONCE = 2
LOOK_EVERY_S = 0.2
CONTENT: dict[str, Any] = yaml.safe_load((ROOT / "deployments.yaml").read_text(encoding="utf-8"))


@dataclass
class Operated:
    """The server; `files` is the folder of the deployments.yaml and automations.yaml that are deployed."""

    machine: Machine
    worker: Machine
    api: PrefectApi
    http: httpx.Client
    sandbox: SandboxProcess
    files: Path
    started: ExitStack = field(default_factory=ExitStack)

    def start_worker(self) -> None:
        """Start the worker unless it runs."""
        if not self.worker.processes():
            self.started.enter_context(running(self.worker))

    def write(self, *entries: dict[str, Any]) -> None:
        """Write a deployments.yaml with these entries, and the project's automations.yaml."""
        text = yaml.safe_dump({**CONTENT, "deployments": entries}, allow_unicode=True)
        (self.files / "deployments.yaml").write_text(text, encoding="utf-8")
        (self.files / "automations.yaml").write_bytes((ROOT / "automations.yaml").read_bytes())

    def deploy(self, **variables: str) -> str:
        """Run `make deploy` without make; return what it printed. It must end with 0."""
        own = {
            "PREFECT_API_URL": self.machine.api_url,
            FOLDER_VARIABLE: str(self.files / "local"),
            "FILES": str(self.files),
        }
        ended = subprocess.run(
            [sys.executable, "-m", "local", "deploy"],
            cwd=ROOT,
            env={**os.environ, **own, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def deployment(self, name: str) -> dict[str, Any]:
        """Return the deployment flow/name."""
        return self.http.get(f"/deployments/name/{name}").raise_for_status().json()

    def switch(self, name: str, *, active: bool) -> None:
        """Switch the schedules of a deployment on or off, as the UI does."""
        found = self.deployment(name)
        for schedule in found["schedules"]:
            path = f"/deployments/{found['id']}/schedules/{schedule['id']}"
            self.http.patch(path, json={"active": active}).raise_for_status()

    def quieten(self, name: str) -> None:
        """Switch the schedules off, forget the runs that no worker has begun, and wait for the end of the others.

        Nothing is to be done of a deployment that another test has deleted.
        """
        if self.http.get(f"/deployments/name/{name}").status_code == 404:
            return
        self.switch(name, active=False)
        for run in self.runs(name, "Scheduled", "Late"):
            self.http.delete(f"/flow_runs/{run['id']}")  # not there when the server was faster
        wait_for("the end of the runs at work", lambda: not self.runs(name, "Late", "Pending", "Running"))

    def runs(self, name: str, *states: str) -> list[dict[str, Any]]:
        """Return the runs of a deployment that are in one of these states (by name), in the order of their times."""
        body: dict[str, Any] = {"deployments": {"id": {"any_": [self.deployment(name)["id"]]}}}
        body |= {"flow_runs": {"state": {"name": {"any_": states}}}, "sort": "EXPECTED_START_TIME_ASC"}
        return self.http.post("/flow_runs/filter", json=body).raise_for_status().json()

    def log(self, run_id: str) -> list[str]:
        """Return the lines of a run's log."""
        body = {"logs": {"flow_run_id": {"any_": [run_id]}}}
        return [line["message"] for line in self.http.post("/logs/filter", json=body).raise_for_status().json()]


def entry(function: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return the lines of deployments.yaml for the flow in the sandbox, under another name and with changes."""
    [found] = [e for e in CONTENT["deployments"] if e["entrypoint"].endswith(f":{function}") and e["name"] == "sandbox"]
    return {**found, "name": name, **changes}


def wait_for(what: str, look: Callable[[], T | None], within_s: float = 120.0) -> T:
    """Look until there is something, and return it."""
    deadline_s = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline_s, f"not within {within_s:g} s: {what}"
        time.sleep(LOOK_EVERY_S)
    return found


@contextmanager
def operated(sandbox: SandboxProcess, folder: Path, blocks: Sequence[str] = ("sandbox",)) -> Generator[Operated]:
    """Start the server; the sandbox is empty and takes no time. The worker is started when a test wants it.

    The server is on PostgreSQL: on SQLite its triggers drop an event whenever another call holds the database.
    """
    with ExitStack() as started:
        machine = server(folder, **OFTEN, PREFECT_API_DATABASE_CONNECTION_URL=started.enter_context(database()))
        started.enter_context(running(machine))
        api = started.enter_context(PrefectApi(machine.api_url))
        http = started.enter_context(httpx.Client(base_url=machine.api_url, trust_env=False, timeout=60))
        sandbox.reset()
        sandbox.empty()
        sandbox.set(**AT_ONCE)
        wait_until_healthy(machine, api)
        api.ensure_work_pool(POOL)
        with prefect_at(machine.api_url, folder):
            for name in blocks:
                save_blocks(name, sandbox)
        files = folder / "files"
        files.mkdir()
        own_worker = worker("worker", folder, machine.api_url, RUNS_AT_ONCE, pool=POOL)
        yield Operated(machine, own_worker, api, http, sandbox, files, started)
        for each in (own_worker, machine):
            each.kill()  # nobody waits for their polite end, which takes them ten seconds
        sandbox.reset()
        sandbox.empty()
