"""Many stacks in one project: all share the models; bucket, documents and knowledge base are each one's own."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import get_client

from clouds.cloudru.specs import KnowledgeBaseSpec
from domain.probe import ProbeSpec
from flows.provision import provision_rag
from flows.specs import RagStack

HOURS = "Магазин открыт с девяти до шести каждый день."
PARKING = "Парковка для покупателей стоит сорок рублей в час."
DELIVERY = "Доставка заказов от трёх тысяч рублей бесплатна."
PROBE = ProbeSpec(question="Когда открыт магазин?", source="hours.txt", phrase="с девяти до шести")
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass(frozen=True)
class Run:
    """A flow run as the server tells it; times in seconds."""

    id: str
    state: str
    message: str
    lateness_s: float
    run_time_s: float


def stacks(count: int, folder: Path) -> list[RagStack]:
    """Return stacks whose documents lie in a folder of each, and write their first documents."""
    made = [
        RagStack(
            documents=(str(folder / f"{number:03}"),),
            bucket=f"fleet-{number:03}",
            knowledge_base=KnowledgeBaseSpec(name=f"fleet-{number:03}"),
            probe=PROBE,
        )
        for number in range(count)
    ]
    for stack in made:
        write(stack, hours=HOURS, parking=PARKING)
    return made


def write(stack: RagStack, **texts: str) -> None:
    """Let the stack's folder hold these documents, by name without suffix, and no others."""
    folder = Path(stack.documents[0])
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def provision(those: Sequence[RagStack]) -> None:
    """Provision them here: the first one brings the models up, the others adopt them."""
    provision_rag(those[0])
    with ThreadPoolExecutor(4) as threads:
        begun = [threads.submit(copy_context().run, provision_rag, stack) for stack in those[1:]]  # for the settings
        for each in begun:
            each.result()


def deploy(pool: str, name: str = "fleet", pull: Sequence[dict[str, Any]] | None = None) -> str:
    """Deploy refresh-rag and return the deployment's id; by default the project lies where the worker runs."""
    with get_client(sync_client=True) as client:
        return str(
            client.create_deployment(
                flow_id=client.create_flow_from_name("refresh-rag"),
                name=name,
                entrypoint="flows/refresh.py:refresh_rag",
                work_pool_name=pool,
                pull_steps=list(pull or [{"tasks.project.project_directory": {}}]),
                tags=["managed-rag"],
            )
        )


def parameters(stack: RagStack, **more: Any) -> dict[str, Any]:
    """Return the parameters of a run of refresh-rag: the stack by its name, as its schedule would."""
    return {"stack": stack.knowledge_base.name, "delete_missing": True, **more}


def runs(http: httpx.Client, deployment_id: str) -> list[Run]:
    """Return every run of the deployment, the oldest first."""
    body = {"deployments": {"id": {"any_": [deployment_id]}}, "sort": "ID_DESC", "limit": 200}
    found = http.post("/flow_runs/filter", json=body).raise_for_status().json()
    return [
        Run(
            id=run["id"],
            state=run["state_type"],
            message=(run["state"] or {}).get("message") or "",
            lateness_s=run["estimated_start_time_delta"],
            run_time_s=run["total_run_time"],
        )
        for run in reversed(found)
    ]


def wait_until_final(http: httpx.Client, deployment_id: str, within_s: float) -> list[Run]:
    """Return the runs when each has ended; a server that is away for a moment is asked again."""
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            found = runs(http, deployment_id)
        except httpx.TransportError:
            found = []
        if found and all(run.state in FINAL_STATES for run in found):
            return found
        if time.monotonic() > deadline_s:
            raise TimeoutError(
                f"not ended after {within_s:g} s: {[run for run in found if run.state not in FINAL_STATES]}"
            )
        time.sleep(0.5)
