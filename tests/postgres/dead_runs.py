"""Runs whose process has died, and what ends them."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State

from bench import fleet_stacks
from bench.fleet_machines import POOL, ROOT
from tasks.run.lost_runs import LABEL, TAG
from tests.support.operated import wait_for

NOBODY = f"{POOL}-nobody"
"""A work pool without workers."""


def dead_run(state: State[None], lock: str | None = None) -> str:
    """Return the id of a run in this state that no process has; it has held the lock."""
    with get_client(sync_client=True) as client:
        run: FlowRun = client.create_flow_run_from_deployment(UUID(fleet_stacks.deploy(NOBODY, "dead")))
        client.set_flow_run_state(run.id, state, force=True)
        if lock:
            client.update_flow_run_labels(run.id, {LABEL: lock})
    return str(run.id)


def send_heartbeat(server: httpx.Client, run: str) -> None:
    """Let the run's process, which there is not, send a heartbeat; return when the server has it."""
    event = {
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run}"},
        "related": [{"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}],
        "occurred": datetime.now(UTC).isoformat(),
        "id": str(uuid4()),
    }
    server.post("/events", json=[event]).raise_for_status()
    wanted = {"filter": {"id": {"id": [event["id"]]}}}
    look = server.build_request("POST", "/events/filter", json=wanted)
    wait_for("the heartbeat is on record", lambda: server.send(look).raise_for_status().json()["events"])


@contextmanager
def automations(server: httpx.Client, within_s: int) -> Generator[None]:
    """Apply the project's automations that end runs, with less patience, and remove them with the block."""
    made: list[str] = []
    for lines in yaml.safe_load((ROOT / "automations.yaml").read_text(encoding="utf-8"))["automations"]:
        if lines["actions"][0]["type"] == "change-flow-run-state":
            body = {**lines, "trigger": {**lines["trigger"], "within": within_s}}
            made.append(server.post("/automations/", json=body).raise_for_status().json()["id"])
    try:
        yield
    finally:
        for automation in made:
            server.delete(f"/automations/{automation}").raise_for_status()
