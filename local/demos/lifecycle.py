"""`make demo-lifecycle`: the life of a stack in the sandbox, act by act, each with the outcome it must have."""

import re
import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from local.demos import report
from local.demos.acts import Ended, Stage
from local.demos.lifecycle_stack import ADDED, FIRST, KEY, NAME, LifecycleStack
from local.demos.lifecycle_text import counted_documents, cut, headline, refusal, short
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import stack, up
from local.stack.display import Display

ASKED_OF_ADDED = ("What is charged if the adapter is missing from my return?", "charged at 18 euros")
ASKED_OF_FIRST = ("Какая скидка на восстановленную технику?", "от 20 до 45 процентов")
"""Questions, and words of the right answer; those of the second stand in the half that gets lost."""


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
        counts = report.COUNTS.search(ended.markdown("stack"))
        self._stage.must(counts and "adopted 0" in counts.group(), "everything was created")
        self._must_serve_another("")
        self._stage.say(counts.group() if counts else "", f"in service: version {short(self._serving)}")

    def add_document(self) -> None:
        """Add a document; the version that has read it is promoted and answers from it."""
        self._files.add()
        self._refresh_and_promote("1 new, 0 changed")
        self._ask(*ASKED_OF_ADDED, source=ADDED.name)

    def change_nothing(self) -> None:
        """Refresh what is fresh."""
        ended = self._stage.run("refresh-rag", self._on_golden)
        self._stage.must(": unchanged" in ended.markdown("refresh"), "the report says `unchanged`")
        self._must_serve(self._serving)
        self._stage.say(
            counted_documents(ended.markdown("refresh")), f"in service: version {short(self._serving)}, as before"
        )

    def cut_document_off(self) -> None:
        """Lose half a document; the version that has read it is refused and the old one answers from what is lost."""
        self._files.cut_off()
        ended = self._stage.run("refresh-rag", self._on_golden, refused_with="Worse questions: ")
        self._must_serve(self._serving)
        self._stage.say(*refusal(ended.run.message), f"in service: version {short(self._serving)}, as before")
        self._ask(*ASKED_OF_FIRST, source=FIRST.name)

    def make_document_whole(self) -> None:
        """Bring the document back."""
        self._files.make_whole()
        self._refresh_and_promote("0 new, 1 changed")

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
        rows = ended.rows("status")
        for row in rows:
            cost = f"{row['RUB per hour now']} RUB per hour" if row["RUB per hour now"] else row["what"]
            self._stage.say(f"{row['resource']:<15} {row['name']:<26} {row['state']:<26} {cost}".rstrip())
        running = [row["name"] for row in rows if row["resource"] == "inference" and row["state"] == "RUNNING"]
        serving = [row["id"] for row in rows if row["state"].endswith(", in service")]
        self._stage.must(len(running) == 3, "three inferences are running")  # noqa: PLR2004  # embedder, reranker, LLM
        self._stage.must(serving == [self._serving], "the version in service is marked")

    def suspend(self) -> None:
        """Suspend; a question is refused with what to do."""
        self._power("suspend-rag", "Suspended: 3")
        ended = self._stage.run(
            "ask-rag", {**self._on_stack, "question": ASKED_OF_FIRST[0]}, refused_with="run resume-rag"
        )
        self._stage.say(ended.run.message)

    def resume(self) -> None:
        """Resume; the flow itself waits for an answer of every model."""
        self._power("resume-rag", "Resumed: 3")

    def tear_down(self) -> None:
        """Delete everything, documents too."""
        ended = self._tear_down(self._on_stack)
        self._stage.must(not self._in_service().version_id, "no version is in service")
        outcomes = re.findall(r"\| (deleted|absent|kept) \|", ended.markdown("teardown"))
        self._stage.must(outcomes and set(outcomes) == {"deleted"}, "all that the stack names was deleted")
        self._stage.say(f"{len(outcomes)} resources deleted", headline(ended.markdown("teardown")))

    def _tear_down(self, stack: dict[str, Any]) -> Ended:
        return self._stage.run("teardown-rag", {**stack, "delete_documents": True})

    def _refresh_and_promote(self, counts: str) -> None:
        before = self._serving
        ended = self._stage.run("refresh-rag", self._on_golden)
        self._stage.must(counts in ended.markdown("refresh"), f"the report counts {counts!r} documents")
        self._must_serve_another(before)
        scores = self._in_service().scores or {}
        self._stage.must(scores, "golden questions have judged the version")
        self._stage.say(
            counted_documents(ended.markdown("refresh")),
            "golden questions: " + ", ".join(f"{name} {value:.2f}" for name, value in scores.items()),
            f"in service: version {short(self._serving)}, after {short(before)}",
        )

    def _ask(self, question: str, words: str, *, source: str) -> None:
        ended = self._stage.run("ask-rag", {**self._on_stack, "question": question})
        page = ended.markdown("answer")
        answer = page.partition("\n\n")[2].partition("\n")[0]
        found = [row["chunk"] for row in ended.rows("answer-chunks") if row["source"].endswith(source)]
        self._stage.must(self._serving in page, "the version in service answers")
        self._stage.must(
            found and any(words in text for text in (answer, *found)), f"{words!r} was found in {source}: {answer!r}"
        )
        self._stage.say(f"asked: {question}", f"answer: {cut(answer)}")

    def _power(self, flow: str, words: str) -> None:
        told = headline(self._stage.run(flow, self._on_stack).markdown("power"))
        self._stage.must(words in told, f"the report says {words!r}")
        self._stage.say(told)

    def _must_serve(self, version_id: str) -> None:
        self._stage.must(self._in_service().version_id == version_id, f"version {version_id} is in service")

    def _must_serve_another(self, version_id: str) -> None:
        self._serving = self._in_service().version_id
        self._stage.must(self._serving not in ("", version_id), "another version is in service")

    def _in_service(self) -> InService:
        return InService.model_validate(self._api.variable(KEY.variable) or {})


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
