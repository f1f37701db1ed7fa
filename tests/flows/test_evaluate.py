"""A version is judged before it is put in service: a worse one is refused, and the one before it goes on answering."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.testing.fixtures import asserting_events_worker
from prefect.variables import Variable
from upath import UPath

from clouds.cloudru.assumptions import Assumptions, KnowledgeAssumptions
from clouds.cloudru.knowledge import IndexSource
from clouds.cloudru.storage import Document
from clouds.errors import APIError, ConfigurationError, WrongAnswerError
from domain.probe import ProbeSpec
from flows.ask import ask_rag
from flows.evaluate import evaluate_rag, rollback_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack
from tasks.run.credentials import cloud_credentials
from tasks.run.evaluations import kept
from tasks.stack.promotion import in_service
from tests.support.artifacts import artifact
from tests.support.stacks import EXAMPLE, Cloud, inference, save_blocks

__all__ = ["asserting_events_worker"]

FACTS = {
    "Когда открыт магазин?": "Магазин открыт с девяти до шести.",
    "Сколько стоит парковка?": "Парковка для покупателей стоит сорок рублей в час.",
    "Где выдают посылки?": "Посылки выдают на втором этаже, слева от лифта.",
}
PHRASES = ("с девяти до шести", "сорок рублей", "слева от лифта")
PROBE = ProbeSpec(question="Когда открыт магазин?", source="shop.txt", phrase="с девяти до шести")


class Shop:
    """A provisioned stack over one document, its golden file, and a way to build another version of it."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.document = cloud, folder / "shop.txt"
        self.write(*FACTS.values())
        self.stack: RagStack = cloud.stack(documents=(str(self.document),), probe=PROBE)
        self.name, self.key = self.stack.knowledge_base.name, cloud.key(self.stack)
        self.golden = folder / "golden.jsonl"
        self.ask_for(*zip(FACTS, PHRASES, strict=True))
        self.first_version = cloud.stand(self.stack).version_id
        Variable.unset(self.key.variable)  # what a base has that was made in the console

    def write(self, *answers: str) -> None:
        """Write the document."""
        text = "\n\n".join(f"Вопрос: {query}\nОтвет: {answer}" for query, answer in zip(FACTS, answers, strict=True))
        self.document.write_text(text, encoding="utf-8")

    def ask_for(self, *questions: tuple[str, str], source: str = "shop.txt") -> None:
        """Write the golden file."""
        lines = [
            json.dumps({"query": query, "expected_sources": [source], "expected_phrases": [phrase]}, ensure_ascii=False)
            for query, phrase in questions
        ]
        self.golden.write_text("\n".join(lines), encoding="utf-8")

    def build(self, *answers: str) -> str:
        """Store the document anew and build another version; return its id."""
        self.write(*answers)
        with cloud_credentials(self.cloud.name) as cloudru:
            client = cloudru.get_client()
            bucket, folder = client.storage.ensure_bucket(self.stack.bucket), self.stack.folder
            client.storage.upload(bucket.name, folder, [Document("shop.txt", UPath(self.document))])
            base, embedder = client.knowledge_bases.find(self.name), client.inferences.find(self.stack.embedder.name)
            assert base is not None
            assert embedder is not None
            version = client.knowledge_bases.create_version(
                base.knowledgebase_id,
                self.stack.knowledge_base,
                IndexSource(
                    bucket=bucket.name,
                    folder=folder,
                    embedder=embedder,
                    log_group_id=client.log_groups.ensure(bucket.log_group_id),
                ),
            )
            version_id = version.knowledgebase_version_id
            client.knowledge_bases.wait_indexed(base.knowledgebase_id, version_id, deadline_s=60)
        return version_id

    def evaluate(self, **options: Any) -> Any:
        """Run `evaluate-rag`."""
        return evaluate_rag(self.stack, self.cloud.name, str(self.golden), **options)

    def ask(self, question: str) -> Any:
        """Run `ask-rag`."""
        return ask_rag(question, self.stack, self.cloud.name)

    def rollback(self) -> Any:
        """Run `rollback-rag`."""
        return rollback_rag(self.stack, self.cloud.name)

    def in_service(self) -> str | None:
        """Return the version in service."""
        found = in_service(self.key)
        return found.version_id if found else None


@pytest.fixture
def shop(cloud: Cloud, tmp_path: Path) -> Shop:
    """Provision the shop."""
    return Shop(cloud, tmp_path)


def events(worker: EventsWorker) -> list[tuple[str, dict[str, Any]]]:
    """Return the product's events so far, with what they say."""
    worker.wait_until_empty()
    assert isinstance(worker._client, AssertingEventsClient)
    return [(event.event, event.payload) for event in worker._client.events if event.event.startswith("rag.")]


def test_worse_version_is_refused_and_the_old_one_stays(shop: Shop, asserting_events_worker: EventsWorker) -> None:
    """Promotion, refusal with the questions named, answers from the old version, a better version, and back."""
    report = shop.evaluate(promote=True)
    assert report.promoted
    summary = report.evaluation.summary()
    assert (summary.recall, summary.mrr, summary.answer_phrase_rate) == (1, 1, 1)
    assert shop.in_service() == shop.first_version

    worse = shop.build(FACTS["Когда открыт магазин?"], "Парковки у нас нет.", FACTS["Где выдают посылки?"])
    assert worse != shop.first_version
    with pytest.raises(WrongAnswerError) as refused:
        shop.evaluate(promote=True)
    line = refused.value.message
    assert line.startswith(f"version {worse} of {shop.name} did not pass: recall@3 0.667 is below 0.7; ")
    assert "is worse than 1.000 of the version in service by more than 0.02" in line
    assert "Worse questions: line 2, 'Сколько стоит парковка?': recall 1.00 -> 0.00" in line
    assert "line 1" not in line
    assert line.endswith(f"It was not promoted, version {shop.first_version} stays in service")
    assert [line.count(version_id) for version_id in (worse, shop.first_version)] == [1, 1]
    assert "\n" not in line
    assert shop.in_service() == shop.first_version

    answer = shop.ask("Сколько стоит парковка?")
    assert answer.version_id == shop.first_version
    assert "сорок рублей" in answer.answer
    assert answer.sources == ("rag-inference-kb/shop.txt",)
    assert answer.choice.startswith("in service since ")

    better = shop.build(*FACTS.values())
    assert shop.evaluate(version=better, promote=True).in_service.version_id == shop.first_version
    assert shop.in_service() == better
    assert shop.rollback().version_id == shop.first_version
    assert shop.in_service() == shop.first_version
    with pytest.raises(ConfigurationError, match=f"nothing to go back to: version {shop.first_version} of {shop.name}"):
        shop.rollback()

    said = [
        (event, payload.get("version_id") or payload["subject"]) for event, payload in events(asserting_events_worker)
    ]
    assert said == [
        ("rag.version.promoted", shop.first_version),
        ("rag.version.refused", f"{shop.name}: version {worse} was refused"),
        ("rag.version.promoted", better),
        ("rag.version.rolled-back", shop.first_version),
    ]


def test_every_evaluation_is_kept_and_shown(shop: Shop) -> None:
    """Data to compare with, a page with a picture, a table of the questions; nothing is promoted unless asked."""
    first, second = shop.evaluate().evaluation, shop.evaluate().evaluation
    assert [(known.evaluated_at, known.passed) for known in kept(shop.key)] == [
        (second.evaluated_at, True),
        (first.evaluated_at, True),
    ]
    assert in_service(shop.key) is None
    shown = {kind: artifact(kind, shop.name) for kind in ("evaluation", "golden")}
    page = shown["evaluation"]["data"]
    assert "](data:image/svg+xml;base64," in page
    assert "| recall@3 | 1.000 | 1.000 |" in page
    assert page.count(f"`{shop.first_version}` | 1.000") == 2
    rows = json.loads(shown["golden"]["data"])
    assert [(row["line"], row["question"], row["recall@3"]) for row in rows] == [
        (line, query, 1) for line, query in enumerate(FACTS, start=1)
    ]


def test_example_passes_as_it_is(cloud: Cloud) -> None:
    """The document and the golden file that come with the project, at the default thresholds."""
    stack = cloud.stack()
    provision_rag(stack, cloud.name, cloud.name)
    report = evaluate_rag(stack, cloud.name, str(Path(EXAMPLE).with_name("golden.jsonl")))
    assert len(report.evaluation.questions) == 26


def test_questions_at_once_are_bounded(shop: Shop) -> None:
    """With one at a time no question begins before the one before it was answered."""
    shop.cloud.sandbox.reset()
    shop.evaluate(measurement={"questions_at_once": 1})
    asked = [request["path"].rsplit("/", 1)[-1] for request in shop.cloud.sandbox.requests()]
    assert [call for call in asked if call.startswith("retrieve")] == ["retrieve", "retrieve_generate"] * 6


def test_version_indexed_anew_is_compared_with_what_it_was(shop: Shop) -> None:
    """A reindex keeps the id: what it scored when it last passed tells that it got worse, however often it fails."""
    shop.evaluate(promote=True)
    assumptions = Assumptions(knowledge=KnowledgeAssumptions(new_version="reindex"))
    shop.cloud = replace(shop.cloud, name="test-reindex")
    save_blocks(shop.cloud.name, shop.cloud.sandbox, assumptions=assumptions)
    assert shop.build("Спросите продавца.", *[*FACTS.values()][1:]) == shop.first_version
    for _ in range(2):
        with pytest.raises(WrongAnswerError, match=r"'Когда открыт магазин\?': recall 1\.00 -> 0\.00.*indexed anew"):
            shop.evaluate(promote=True)
    assert [known.passed for known in kept(shop.key)] == [False, False, True]


def test_base_in_service_is_asked_while_the_one_it_replaced_is_still_there(shop: Shop) -> None:
    """A run ended between promotion and deletion: the Variable tells which base serves, not the names."""
    embedder = inference(f"{shop.stack.embedder.name}-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    shop.stack = shop.stack.model_copy(update={"embedder": embedder})
    shop.cloud.sandbox.fault("/v1/knowledge-bases/[^/]+$", method="DELETE", status=400, times=1)
    with pytest.raises(APIError, match="400"):
        provision_rag(shop.stack, shop.cloud.name, shop.cloud.name, allow_replace=True)
    assert shop.in_service() not in (None, shop.first_version)
    assert shop.evaluate().evaluation.version_id == shop.in_service()


def test_version_that_is_gone_cannot_be_gone_back_to(shop: Shop) -> None:
    """Both ids are told, and what could be put in service instead."""
    shop.evaluate(promote=True)
    content = in_service(shop.key)
    assert content is not None
    gone = content.model_copy(update={"previous_version_id": "version-of-before"})
    Variable.set(shop.key.variable, gone.model_dump(mode="json"), overwrite=True)
    told = f"nothing to go back to: version version-of-before of {shop.name}, in service before {shop.first_version},"
    with pytest.raises(ConfigurationError, match=f"{told} .*succeeded: {shop.first_version}. .*run evaluate-rag"):
        shop.rollback()
    assert shop.in_service() == shop.first_version


def test_nothing_is_built_while_it_is_not_known_what_is_in_service(
    shop: Shop, asserting_events_worker: EventsWorker
) -> None:
    """A Prefect server that has lost its database: one run of provision-rag judges a version, then refreshes go on."""
    shop.write("Магазин открыт с девяти до шести, кроме среды.", *[*FACTS.values()][1:])
    shop.cloud.sandbox.control.delete("/requests")
    with pytest.raises(ConfigurationError, match=r"does not know which version.*run provision-rag once"):
        refresh_rag(shop.stack, shop.cloud.name)
    assert shop.cloud.changes() == []
    provision_rag(shop.stack, shop.cloud.name, shop.cloud.name)
    assert shop.in_service() not in (None, shop.first_version)
    assert refresh_rag(shop.stack, shop.cloud.name).outcome == "unchanged"  # pyright: ignore[reportAttributeAccessIssue]  # no plan
    assert [event for event, _ in events(asserting_events_worker)] == ["rag.version.promoted"]


def test_more_chunks_than_are_retrieved_cannot_be_measured(shop: Shop) -> None:
    """recall@20 of ten chunks would be recall@10 under another name."""
    with pytest.raises(ConfigurationError, match="k=20 of the measurement is above results=10 of the stack's"):
        shop.evaluate(measurement={"k": 20})


def test_question_without_a_document_is_named_before_anything_is_asked(shop: Shop) -> None:
    """The file that is expected is not in the folder."""
    shop.ask_for(("Где касса?", "у входа"), source="cash.txt")
    shop.cloud.sandbox.reset()
    with pytest.raises(ConfigurationError, match=r"line 1, 'Где касса\?', expects cash\.txt, which is not among"):
        shop.evaluate()
    assert not any("retrieve" in request["path"] for request in shop.cloud.sandbox.requests())


def test_what_cannot_be_asked_says_why(shop: Shop) -> None:
    """An unknown version, a suspended model, an unknown knowledge base, an empty question, no version to go back to."""
    with pytest.raises(ConfigurationError, match=f"no version 'v9' that succeeded; it has {shop.first_version}"):
        shop.evaluate(version="v9")
    with pytest.raises(ConfigurationError, match="the question is empty"):
        shop.ask(" ")
    with pytest.raises(ConfigurationError, match=f"nothing to go back to: no version of {shop.name} was promoted yet"):
        shop.rollback()
    nowhere = shop.stack.model_copy(update={"llm": inference("llm-nowhere", "t-tech/T-lite-it-1.0", "Generate")})
    with pytest.raises(ConfigurationError, match="no model run 'llm-nowhere': run provision-rag first"):
        ask_rag("Когда?", nowhere, shop.cloud.name)
    with cloud_credentials(shop.cloud.name) as cloudru:
        client = cloudru.get_client()
        run = client.inferences.find(shop.stack.reranker.name)
        assert run is not None
        client.inferences.suspend(run.model_run_id)
    with pytest.raises(ConfigurationError, match=f"the model run {shop.stack.reranker.name} is .*run resume-rag"):
        shop.ask("Когда открыт магазин?")


def test_newest_version_answers_until_one_is_promoted(shop: Shop) -> None:
    """And the answer's page says which version it was."""
    answer = shop.ask("Где выдают посылки?")
    assert answer.version_id == shop.first_version
    assert answer.choice == "the newest that succeeded, because none is in service"
    page = artifact("answer", shop.name)["data"]
    assert "слева от лифта" in page
    assert "## Sources quoted\n\n- `rag-inference-kb/shop.txt`" in page
    assert "Looked at" not in page
    assert shop.first_version in page
    assert [(model.role, model.model) for model in answer.models] == [
        ("embedder", "Qwen/Qwen3-Embedding-0.6B"),
        ("reranker", "Qwen/Qwen3-Reranker-0.6B"),
        ("llm", "t-tech/T-lite-it-1.0"),
    ]
    assert all(model.answered_by.startswith("stand-in: ") for model in answer.models)
    assert "| LLM | t-tech/T-lite-it-1.0 | stand-in: extractive, quotes the passages |" in page


def test_a_question_without_an_answer_has_no_quoted_source(shop: Shop) -> None:
    """What was looked at stands apart, and a question in other letters than the documents' is named."""
    answer = shop.ask("What colour is the roof?")
    page = artifact("answer", shop.name)["data"]

    assert (answer.quoted, answer.sources) == ((), ("rag-inference-kb/shop.txt",))
    assert "## Sources quoted\n\nNone: the answer says that the passages do not hold it." in page
    assert "## Looked at, not quoted\n\n- `rag-inference-kb/shop.txt`" in page
    assert answer.note.startswith("The question is written in Latin letters and the passages found in Cyrillic ones")
    assert answer.note in page


def test_variable_that_somebody_changed_is_named(shop: Shop) -> None:
    """It says which one, and what to do."""
    name = shop.key.variable
    with get_client(sync_client=True) as client:
        client.request("POST", "/variables/", json={"name": name, "value": {"version": 1}})
    with pytest.raises(ConfigurationError, match=f"the Prefect variable {name} does not hold what a promotion writes"):
        shop.ask("Когда открыт магазин?")
