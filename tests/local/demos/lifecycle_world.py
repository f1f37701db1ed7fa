"""A Prefect server on which the flows of a stack's life seem to run: each ends at once, as the real one would."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from domain.gate import KeptEvaluation, Verdict, WorseQuestion
from domain.reports.answer import AnswerReport
from domain.reports.power import PowerChange, PowerReport
from domain.reports.refresh import RefreshReport
from domain.reports.status import ResourceStatus, StatusReport
from domain.reports.teardown import TeardownReport, TornDown
from domain.teardown import Deletion, TeardownPlan
from local.demos.lifecycle import ASKED_OF_ADDED, ASKED_OF_FIRST
from local.demos.lifecycle_stack import KEY, NAME
from tests.local.demos.test_report import RESULT
from tests.local.prefect_server import Script, artifact, task_run
from tests.support.evaluations import evaluation

Outcome = tuple[str, str, dict[str, Any]]
"""State, message, and the artifacts by kind."""
SCORES = {"recall@3": 0.97}
ROLES = ("embedder", "reranker", "llm")
OFF = "llm-for-lifecycle is SUSPENDED and does not answer: run resume-rag or provision-rag first"


@dataclass
class World(Script):
    """One stack. `odd` may change the outcome of the run of that number, counted from 1."""

    states: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    odd: dict[int, Callable[[Outcome], Outcome]] = field(default_factory=dict[int, Callable[[Outcome], Outcome]])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    flows: list[str] = field(default_factory=list[str])
    by_name: list[bool] = field(default_factory=list[bool])
    """Of each run, whether it was given the stack by its name."""
    in_service: dict[str, Any] | None = None
    versions: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    folder: dict[str, str] = field(default_factory=dict[str, str])
    is_on: bool = False
    failed_at: tuple[str, ...] = ()
    """The steps at which the latest run that was refused has failed."""
    stack: dict[str, Any] = field(default_factory=dict[str, Any])
    """What was provisioned, and is kept under its name."""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer the calls that play the acts."""
        if found := re.fullmatch(r"/api/deployments/name/([a-z-]+)/sandbox", path):
            return 200, {"id": found[1]}
        if found := re.fullmatch(r"/api/deployments/([a-z-]+)/create_flow_run", path):
            return 200, self._begin(found[1], body["parameters"])
        if found := re.fullmatch(r"/api/flow_runs/(\d+)", path):
            return 200, self._run(int(found[1]))
        if path == "/api/artifacts/filter":
            artifacts = self.outcomes[int(body["artifacts"]["flow_run_id"]["any_"][0]) - 1][2]
            return 200, [artifact("any", json.dumps(data), key=KEY.artifact(kind)) for kind, data in artifacts.items()]
        if path == f"/api/variables/name/{KEY.variable}":
            return (200, {"value": self.in_service}) if self.in_service else (404, {"detail": "Variable not found"})
        return super().answer(method, path, body)

    def _begin(self, flow: str, parameters: dict[str, Any]) -> dict[str, Any]:
        play = getattr(self, f"_{flow.removesuffix('-rag')}")
        self.by_name.append(parameters["stack"] == NAME)
        outcome: Outcome = play(parameters)
        number = len(self.outcomes) + 1
        self.flows.append(flow)
        self.task_runs = [task_run(each, "FAILED") for each in self.failed_at]
        self.outcomes.append(self.odd.get(number, lambda same: same)(outcome))
        return self._run(number)

    def _run(self, number: int) -> dict[str, Any]:
        kind, message, _ = self.outcomes[number - 1]
        state = {"type": kind, "name": kind.capitalize(), "message": message}
        return {"id": str(number), "name": "owl", "state_type": kind, "state_name": state["name"], "state": state}

    def _build(self, documents: dict[str, str]) -> str:
        version_id = f"v{len(self.versions) + 1}-of-many"
        self.versions[version_id] = documents
        return version_id

    def _promote(self, version_id: str, scores: dict[str, float] | None) -> None:
        previous = self.in_service["version_id"] if self.in_service else None
        self.in_service = {"version_id": version_id, "previous_version_id": previous, "scores": scores}

    def _provision(self, parameters: dict[str, Any]) -> Outcome:
        self.stack = parameters["stack"]
        self.folder, self.is_on = self._documents(), True
        self._promote(self._build(self.folder), None)
        return "COMPLETED", "", {"stack-result": RESULT.model_dump(mode="json")}

    def _refresh(self, parameters: dict[str, Any]) -> Outcome:
        documents, before = self._documents(), self.folder
        if documents == before:
            return "COMPLETED", "", {"refresh-result": _refreshed("unchanged", 0, 0)}
        self.folder = documents
        version_id = self._build(documents)
        golden = [json.loads(line) for line in Path(parameters["golden"]).read_text(encoding="utf-8").splitlines()]
        worse = [
            WorseQuestion(line, each["query"], ("recall 1.00 -> 0.00",))
            for line, each in enumerate(golden, 1)
            if not all(phrase in "".join(documents.values()) for phrase in each["expected_phrases"])
        ]
        if worse:
            verdict = Verdict(passed=False, reasons=("recall@3 0.500 is below 0.7",), worse_questions=tuple(worse))
            kept = KeptEvaluation.of(evaluation(0.5, version_id=version_id), verdict)
            self.failed_at = (f"judge {version_id}",)
            return "FAILED", "it did not pass", {"evaluation-data": kept.model_dump(mode="json")}
        self._promote(version_id, SCORES)
        changed = sum(documents[name] != before[name] for name in before)
        return "COMPLETED", "", {"refresh-result": _refreshed("refreshed", len(documents) - len(before), changed)}

    def _ask(self, parameters: dict[str, Any]) -> Outcome:
        assert self.in_service
        if not self.is_on:
            self.failed_at = ("find-version-in-service",)
            return "FAILED", OFF, {}
        version_id = self.in_service["version_id"]
        words = dict([ASKED_OF_ADDED, ASKED_OF_FIRST])[parameters["question"]]
        found = [(name, text) for name, text in self.versions[version_id].items() if words in text]
        chunks = [{"source": f"folder/{name}", "chunk": words} for name, _ in found]
        report = AnswerReport(
            question=parameters["question"],
            answer=words,
            sources=tuple(chunk["source"] for chunk in chunks),
            stack_name=NAME,
            version_id=version_id,
            choice="in service",
        )
        return "COMPLETED", "", {"answer-result": report.model_dump(mode="json"), "answer-chunks": chunks}

    def _rollback(self, _: dict[str, Any]) -> Outcome:
        assert self.in_service
        self.in_service = {"version_id": self.in_service["previous_version_id"], "previous_version_id": None}
        return "COMPLETED", "", {}

    def _status(self, _: dict[str, Any]) -> Outcome:
        assert self.in_service
        serving = self.in_service["version_id"]
        models = [
            ResourceStatus(kind="inference", name=f"{role}-for-lifecycle", state="RUNNING", is_priced=True)
            for role in ROLES
        ]
        versions = [
            ResourceStatus(kind="version", name=each, state="SUCCEEDED", id=each, in_service=each == serving)
            for each in self.versions
        ]
        report = StatusReport(
            stack=NAME, cloud="sandbox", resources=(*models, *versions), total_rub_per_hour=450, total="450"
        )
        return "COMPLETED", "", {"status-result": report.model_dump(mode="json")}

    def _suspend(self, _: dict[str, Any]) -> Outcome:
        self.is_on = False
        return "COMPLETED", "", {"power-result": _power("suspended")}

    def _resume(self, _: dict[str, Any]) -> Outcome:
        self.is_on = True
        return "COMPLETED", "", {"power-result": _power("resumed")}

    def _teardown(self, parameters: dict[str, Any]) -> Outcome:
        assert parameters["delete_documents"]
        self.in_service, self.versions, self.folder, self.is_on = None, {}, {}, False
        gone = Deletion(kind="variable", name="variable", action="absent", reason="")
        plan = TeardownPlan(
            stack=NAME,
            knowledge_bases=(),
            inferences=(),
            secrets=(),
            places=(),
            variable=gone,
            kept=gone,
            artifacts=(),
            delete_documents=True,
        )
        torn = tuple(TornDown(kind="inference", name=role, id=role, outcome="deleted", reason="") for role in ROLES)
        report = TeardownReport(cloud="sandbox", plan=plan, resources=torn)
        return "COMPLETED", "", {"teardown-result": report.model_dump(mode="json")}

    def _documents(self) -> dict[str, str]:
        (folder,) = self.stack["documents"]
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(folder).iterdir())}


def _refreshed(outcome: Literal["unchanged", "refreshed"], new: int, changed: int) -> dict[str, Any]:
    return RefreshReport(
        cloud="sandbox",
        knowledge_base=NAME,
        outcome=outcome,
        new=("new.txt",) * new,
        changed=("changed.txt",) * changed,
        deleted=(),
        same=1,
        unreadable=(),
        version_id="v",
        previous_version_id=None,
        scores=None,
        steps=(),
        duration_s=1,
    ).model_dump(mode="json")


def _power(action: Literal["suspended", "resumed"]) -> dict[str, Any]:
    changes = tuple(
        PowerChange(name=role, run_id=role, before="", after="", action=action, price_rub_per_hour=150)
        for role in ROLES
    )
    return PowerReport(stack=NAME, cloud="sandbox", changes=changes).model_dump(mode="json")
