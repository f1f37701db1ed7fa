"""Somebody is told at once: the link to the run, the reason and the next step arrive at a webhook."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock

from domain.probe import ProbeSpec
from tests.notify.webhook import TEMPLATE, Webhook, listening
from tests.support.clients import connect
from tests.support.operated import Operated, entry, operated, wait_for
from tests.support.prefect_client import prefect_at
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import Cloud

pytestmark = pytest.mark.notify
BLOCK = "custom-webhook/operators"
HOURS = "Вопрос: Когда открыт магазин?\nОтвет: Магазин открыт с девяти до шести.\n\n"
PARKING = "Вопрос: Сколько стоит парковка?\nОтвет: Парковка для покупателей стоит сорок рублей в час.\n"
GOLDEN = {"query": "Сколько стоит парковка?", "expected_sources": ["shop.txt"], "expected_phrases": ["сорок рублей"]}
PROBE = ProbeSpec(question="Когда открыт магазин?", source="shop.txt", phrase="с девяти до шести")


@dataclass(frozen=True)
class Watched:
    """A stack whose deployments are watched over, its document and its golden questions."""

    project: Operated
    webhook: Webhook
    document: Path
    stack: dict[str, Any]

    def run(self, deployment: str, **parameters: Any) -> str:
        """Begin a run, due now, and return its id."""
        api = self.project.api
        return api.start_run(api.deployment_id(deployment), parameters).id

    def ended(self, run_id: str) -> str | None:
        """Return its state when it has ended."""
        state = self.project.api.flow_run(run_id).state_type
        return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    def told(self, subject: str, *parts: str) -> dict[str, str]:
        """Wait for a message."""
        return wait_for(f"a message {subject!r} with {parts}", lambda: self.webhook.about(subject, *parts))

    def link(self, run_id: str) -> str:
        """Return the line of a message that leads to the run."""
        return f"Run: {self.project.api.run_url(run_id)}\n"


@pytest.fixture(scope="module")
def watched(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Generator[Watched]:
    """Start the server, make the block, deploy the stack's flows and the automations; no worker runs yet."""
    folder = tmp_path_factory.mktemp("notify")
    document = folder / "shop.txt"
    document.write_text(HOURS + PARKING, encoding="utf-8")
    with listening() as webhook, operated(sandbox, folder) as project:
        with prefect_at(project.machine.api_url, folder):
            CustomWebhookNotificationBlock(
                name="hook", url=webhook.url, json_data=TEMPLATE, headers=None, cookies=None
            ).save(BLOCK.split("/")[1])
        stack = Cloud("sandbox", sandbox).stack(documents=(str(document),), probe=PROBE).model_dump(mode="json")
        own: dict[str, Any] = {"stack": stack, "cloud": "sandbox"}
        project.write(
            entry("provision_rag", "watched", parameters={**own, "huggingface": "sandbox"}),
            entry("refresh_rag", "watched", parameters=own, schedules=[]),
            entry("status_rag", "watched", parameters=own, schedules=[]),
            entry("resume_rag", "watched", parameters=own, schedules=[]),
        )
        printed = project.deploy(NOTIFICATION_BLOCK=BLOCK)
        assert "create  managed-rag run failed\n" in printed
        yield Watched(project, webhook, document, stack)


def test_a_run_that_no_worker_begins(watched: Watched) -> None:
    """It is late: the message names the pool, and the command that starts a worker."""
    run_id = watched.run("status-rag/watched")
    said = watched.told("status-rag is late: ", watched.link(run_id))["body"]
    assert "Reason: it was due at " in said
    assert "no worker of the work pool local has begun it" in said
    assert "Next step: start a worker, `prefect worker start --pool local`" in said


def test_a_run_that_failed(watched: Watched) -> None:
    """The reason is the error's own, which says what to correct."""
    watched.project.start_worker()
    block = f"nobody-{uuid4().hex[:6]}"
    run_id = watched.run("status-rag/watched", cloud=block)
    said = watched.told("status-rag failed: ", watched.link(run_id))["body"]
    reason = said.partition("Reason: ")[2].partition("\n")[0]
    assert reason.startswith("ConfigurationError: ")
    assert block in reason
    assert "Next step: correct what the reason names, then run status-rag again" in said


@pytest.fixture(scope="module")
def provisioned(watched: Watched) -> str:
    """Bring the stack up and return the id of the run that did."""
    watched.project.start_worker()
    run_id = watched.run("provision-rag/watched")
    assert wait_for("the stack", lambda: watched.ended(run_id)) == "COMPLETED", watched.project.log(run_id)
    return run_id


def test_a_run_whose_process_died(watched: Watched, provisioned: str) -> None:  # noqa: ARG001  # the stack stands
    """It crashed: the message says how the process ended, and where to look."""
    sandbox = watched.project.sandbox
    sandbox.fault(hold=True)
    run_id = watched.run("status-rag/watched")
    sandbox.wait_until_held()
    watched.project.worker.runs()[run_id].kill()
    sandbox.release_held()
    said = watched.told("status-rag crashed: ", watched.link(run_id))["body"]
    assert "status code: -9" in said
    assert "Next step: look at the worker's log and memory, then run status-rag again" in said


def test_a_plan_that_waits_for_approval(watched: Watched, provisioned: str) -> None:  # noqa: ARG001  # the stack stands
    """The message has the sum, the limit and where to allow it; another one says that somebody has refused."""
    dearer = {**watched.stack, "llm": {**watched.stack["llm"], "name": "another-llm"}}
    run_id = watched.run("provision-rag/watched", stack=dearer, approve_above_rub_per_hour=100)
    said = watched.told("kb-", watched.link(run_id))
    assert said["subject"].endswith(": the price is above its limit")
    assert "Reason: the plan needs approval: it starts 120 RUB per hour, above 100" in said["body"]
    assert "Next step: open the run, Resume in its menu, turn Approve on; or Cancel" in said["body"]

    wait_for("the run to be paused", lambda: watched.project.api.flow_run(run_id).state_type == "PAUSED")
    watched.project.http.post(f"/flow_runs/{run_id}/resume", json={"run_input": {"approve": False}}).raise_for_status()
    assert wait_for("the end of the run", lambda: watched.ended(run_id)) == "FAILED"
    refused = watched.told("provision-rag failed: ", watched.link(run_id))["body"]
    assert "was not approved (it starts 120 RUB per hour, above 100); nothing was changed" in refused


@pytest.fixture(scope="module")
def begun(watched: Watched, provisioned: str) -> dict[str, str]:  # noqa: ARG001  # the stack stands
    """Begin a run that looks at the price and one whose document has lost an answer; return their ids."""
    watched.document.write_text(HOURS, encoding="utf-8")
    golden = watched.document.with_name("golden.jsonl")
    golden.write_text(json.dumps(GOLDEN), encoding="utf-8")
    return {
        "dear": watched.run("status-rag/watched", warn_above_rub_per_hour=150),
        "worse": watched.run("refresh-rag/watched", golden=str(golden)),
    }


def test_a_price_above_its_limit(watched: Watched, provisioned: str, begun: dict[str, str]) -> None:
    """The message has the sum and the limit. The run that brought the stack up went well: at most it was late."""
    said = watched.told("kb-", watched.link(begun["dear"]))
    assert said["subject"].endswith(": the price is above its limit")
    assert "costs 200 RUB per hour now, above 150" in said["body"]
    assert "Next step: suspend-rag ends the cost" in said["body"]
    subjects = [each["subject"] for each in watched.webhook.messages if watched.link(provisioned) in each["body"]]
    assert all(subject.startswith("provision-rag is late: ") for subject in subjects)


def test_a_version_that_got_worse(watched: Watched, begun: dict[str, str]) -> None:
    """The answer is gone from the document: the message has the figures of both versions."""
    said = watched.told("kb-", watched.link(begun["worse"]))
    assert said["subject"].endswith(" was refused")
    assert "Reason: version " in said["body"]
    assert "did not pass: " in said["body"]
    assert " is worse than 1.000 of the version in service" in said["body"]
    assert "Next step: open the artifact evaluation-" in said["body"]


def test_an_endpoint_that_failed(watched: Watched, begun: dict[str, str]) -> None:
    """Its token was deleted while it slept: the message names the endpoint and the cause."""
    for run_id in begun.values():
        wait_for("the end of the runs before", lambda run_id=run_id: watched.ended(run_id))
    with connect(watched.project.sandbox) as client:
        for run in client.inferences.list():
            client.inferences.suspend(run.model_run_id)
        client.secrets.delete(watched.stack["token_secret"])
    run_id = watched.run("resume-rag/watched")
    next_step = "Next step: correct the cause, delete the model run in the console, then run provision-rag"
    said = watched.told("", watched.link(run_id), next_step)
    name, _, what = said["subject"].partition(": ")
    assert name in [watched.stack[role]["name"] for role in ("embedder", "reranker", "llm")]
    assert what == "the endpoint is FAILED"
    assert f"Reason: model run {name} " in said["body"]
    assert "was not found" in said["body"]
