"""`make demo-lifecycle`: the life of a stack in the sandbox, act by act, each with the outcome it must have."""

import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from domain.gate import KeptEvaluation
from domain.prices import rub_per_hour
from domain.reports.answer import AnswerReport
from domain.reports.power import PowerReport, summary
from domain.reports.refresh import RefreshReport, counts
from domain.reports.stack import StackReport
from domain.reports.status import StatusReport
from domain.reports.teardown import TeardownReport, saved
from local.demos import report
from local.demos.acts import Ended, Stage
from local.demos.lifecycle_stack import ADDED, FIRST, KEY, NAME, LifecycleStack
from local.demos.lifecycle_text import cut, refusal, short
from local.demos.results import Written
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import stack, up
from local.stack.display import Display

ASKED_OF_ADDED = ("What is charged if the adapter is missing from my return?", "charged at 18 euros")
ASKED_OF_FIRST = ("Какая скидка на восстановленную технику?", "от 20 до 45 процентов")
"""Questions, and words of the right answer; those of the second stand in the half that gets lost."""

MODELS = 3
"""Embedder, reranker, LLM."""


def demo_lifecycle(layout: Layout, console: Console) -> int:
    """Play all acts; 0 only when each had the outcome it must have."""
    began_s = time.monotonic()
    with stack.locked(layout, "make demo-lifecycle"):
        with Display(console) as display:
            running = up.take(layout, display)
        try:
            with PrefectApi(running.api_url) as api:
                stage = Stage(api, running, console, key=KEY, acts=len(ACTS))
                Lifecycle(stage, api, LifecycleStack.of(layout)).play()
        except LocalError as error:
            raise LocalError(f"{error}\n  log: {layout.log('worker')}") from error
        finally:
            console.print()
            if running.kind == "demo":
                with Display(console) as display:
                    up.give_back(layout, running, display)
    console.print(
        f"{stage.act} acts, {stage.runs} runs, each as it must be, in {time.monotonic() - began_s:.0f} s",
        highlight=False,
    )
    if running.kind == "demo":
        console.print("(stopped; `make up` keeps the UI open, the runs stay in it)")
    return 0


class InService(BaseModel):
    """What we read of the stack's Prefect variable; empty when no version is in service."""

    version_id: str = ""
    previous_version_id: str | None = None
    scores: dict[str, float] | None = None


class Lifecycle:
    """The acts, on a stack that is new."""

    def __init__(self, stage: Stage, api: PrefectApi, files: LifecycleStack) -> None:
        self._stage = stage
        self._api = api
        self._files = files
        self._whole: dict[str, Any] = {"stack": files.parameters}
        self._on_stack: dict[str, Any] = {"stack": NAME}
        self._on_golden: dict[str, Any] = {**self._on_stack, "golden": str(files.golden)}
        self._serving = ""

    def play(self) -> None:
        """Play them in order."""
        if self._files.is_unfinished:
            self._stage.say("", "What an interrupted demonstration has left is torn down first.")
            self._tear_down(self._whole)  # it may have been interrupted before the stack was kept under its name
        self._files.begin()
        for title, act in ACTS:
            self._stage.begin(title)
            act(self)
        self._files.finish()

    def provision(self) -> None:
        """Bring the stack up from nothing."""
        ended = self._stage.run("provision-rag", self._whole)
        result = ended.written.result("stack", StackReport)
        self._stage.must(result.created and not result.adopted, "everything was created")
        self._must_serve_another("")
        self._stage.say(
            report.counts(result.created, result.adopted, result.updated),
            f"in service: version {short(self._serving)}",
        )

    def add_document(self) -> None:
        """Add a document; the version that has read it is promoted and answers from it."""
        self._files.add()
        self._refresh_and_promote(new=1, changed=0)
        self._ask(*ASKED_OF_ADDED, source=ADDED.name)

    def change_nothing(self) -> None:
        """Refresh what is fresh."""
        ended = self._stage.run("refresh-rag", self._on_golden)
        result = ended.written.result("refresh", RefreshReport)
        self._stage.must(result.outcome == "unchanged", "nothing was changed")
        self._must_serve(self._serving)
        self._stage.say(f"documents: {counts(result)}", f"in service: version {short(self._serving)}, as before")

    def cut_document_off(self) -> None:
        """Lose half a document; the version that has read it is refused and the old one answers from what is lost."""
        self._files.cut_off()
        ended = self._stage.refused("refresh-rag", self._on_golden, at=_judging)
        evaluation = ended.written.data("evaluation-data", KeptEvaluation)
        self._stage.must(evaluation.worse_questions, "questions that got worse are why it was refused")
        self._must_serve(self._serving)
        self._stage.say(*refusal(evaluation), f"in service: version {short(self._serving)}, as before")
        self._ask(*ASKED_OF_FIRST, source=FIRST.name)

    def make_document_whole(self) -> None:
        """Bring the document back."""
        self._files.make_whole()
        self._refresh_and_promote(new=0, changed=1)

    def roll_back(self) -> None:
        """Put the version before back in service."""
        left = self._serving
        before = self._in_service().previous_version_id or ""
        self._stage.must(before, "a version before the one in service is known")
        self._stage.run("rollback-rag", self._on_stack)
        self._must_serve(before)
        self._serving = before
        self._stage.say(f"in service: version {short(before)} again, instead of {short(left)}")

    def look(self) -> None:
        """Look at what there is and what it costs."""
        ended = self._stage.run("status-rag", self._on_stack)
        resources = ended.written.result("status", StatusReport).resources
        for each in resources:
            cost = f"{rub_per_hour(each.cost_rub_per_hour)} RUB per hour" if each.is_priced else each.what
            self._stage.say(f"{each.kind:<15} {each.name:<26} {each.state:<26} {cost}".rstrip())
        running = [each.name for each in resources if each.kind == "inference" and each.state == "RUNNING"]
        serving = [each.id for each in resources if each.in_service]
        self._stage.must(len(running) == MODELS, f"{MODELS} inferences are running")
        self._stage.must(serving == [self._serving], "the version in service is marked")

    def suspend(self) -> None:
        """Suspend; a question is refused with what to do."""
        self._power("suspend-rag", "suspended")
        question = {**self._on_stack, "question": ASKED_OF_FIRST[0]}
        ended = self._stage.refused("ask-rag", question, at=lambda _: "find-version-in-service")
        self._stage.say(ended.run.message)

    def resume(self) -> None:
        """Resume; the flow itself waits for an answer of every model."""
        self._power("resume-rag", "resumed")

    def tear_down(self) -> None:
        """Delete everything, documents too."""
        ended = self._tear_down(self._on_stack)
        self._stage.must(not self._in_service().version_id, "no version is in service")
        result = ended.written.result("teardown", TeardownReport)
        outcomes = [torn.outcome for torn in result.resources]
        self._stage.must(outcomes and set(outcomes) == {"deleted"}, "all that the stack names was deleted")
        self._stage.say(f"{len(outcomes)} resources deleted", saved(result))

    def _tear_down(self, stack: dict[str, Any]) -> Ended:
        return self._stage.run("teardown-rag", {**stack, "delete_documents": True})

    def _refresh_and_promote(self, *, new: int, changed: int) -> None:
        before = self._serving
        ended = self._stage.run("refresh-rag", self._on_golden)
        result = ended.written.result("refresh", RefreshReport)
        self._stage.must(
            (len(result.new), len(result.changed)) == (new, changed), f"{new} documents are new and {changed} changed"
        )
        self._must_serve_another(before)
        scores = self._in_service().scores or {}
        self._stage.must(scores, "golden questions have judged the version")
        self._stage.say(
            f"documents: {counts(result)}",
            "golden questions: " + ", ".join(f"{name} {value:.2f}" for name, value in scores.items()),
            f"in service: version {short(self._serving)}, after {short(before)}",
        )

    def _ask(self, question: str, words: str, *, source: str) -> None:
        ended = self._stage.run("ask-rag", {**self._on_stack, "question": question})
        result = ended.written.result("answer", AnswerReport)
        answer = " ".join(result.answer.split())
        found = [row["chunk"] for row in ended.written.rows("answer-chunks") if row["source"].endswith(source)]
        self._stage.must(result.version_id == self._serving, "the version in service answers")
        self._stage.must(
            found and any(words in text for text in (answer, *found)), f"{words!r} was found in {source}: {answer!r}"
        )
        self._stage.say(f"asked: {question}", f"answer: {cut(answer)}")

    def _power(self, flow: str, action: str) -> None:
        result = self._stage.run(flow, self._on_stack).written.result("power", PowerReport)
        actions = [change.action for change in result.changes]
        self._stage.must(actions == [action] * MODELS, f"{MODELS} models are {action}")
        self._stage.say(summary(result))

    def _must_serve(self, version_id: str) -> None:
        self._stage.must(self._in_service().version_id == version_id, f"version {version_id} is in service")

    def _must_serve_another(self, version_id: str) -> None:
        self._serving = self._in_service().version_id
        self._stage.must(self._serving not in ("", version_id), "another version is in service")

    def _in_service(self) -> InService:
        return InService.model_validate(self._api.variable(KEY.variable) or {})


def _judging(written: Written) -> str:
    """Return the name of the step that judges the version which was built; a run may not have come so far."""
    evaluation = written.find("evaluation-data", KeptEvaluation)
    return f"judge {evaluation.version_id}" if evaluation else "judge"


ACTS: tuple[tuple[str, Callable[[Lifecycle], None]], ...] = (
    ("Provision: bucket, document, secret, three models, knowledge base", Lifecycle.provision),
    ("A new document: a version with it is built, judged and promoted", Lifecycle.add_document),
    ("Nothing new: nothing is sent and nothing is built", Lifecycle.change_nothing),
    ("Half a document is lost: the version is refused, the old one answers", Lifecycle.cut_document_off),
    ("The document is whole again: the version is promoted", Lifecycle.make_document_whole),
    ("Rollback: the version before is back", Lifecycle.roll_back),
    ("Status: what there is and what it costs", Lifecycle.look),
    ("Suspend: the GPUs cost nothing, a question is refused", Lifecycle.suspend),
    ("Resume: every model answers again", Lifecycle.resume),
    ("Teardown: everything goes, the documents too", Lifecycle.tear_down),
)
