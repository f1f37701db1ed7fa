"""The whole flow against the running sandbox."""

from typing import Any

import pytest

from clouds.cloudru.assumptions import Assumptions, KnowledgeAssumptions
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.errors import DeadlineError, FailedStateError, RefusedError, WrongAnswerError
from domain.keys import StackKey
from domain.probe import ProbeSpec
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack, StackPlan, StackReport
from sandbox.settings import PROJECT_ID
from tasks.stack.kept_stack import read_kept
from tasks.stack.promotion import in_service
from tests.support.artifacts import artifact
from tests.support.graph import drawn
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import Cloud, inference, save_blocks


def run(cloud: Cloud, stack: RagStack, *, allow_other_reading: bool = False) -> StackReport:
    """Run the flow with both blocks of the sandbox."""
    report = provision_rag(stack, cloud.name, cloud.name, allow_other_reading=allow_other_reading)
    assert isinstance(report, StackReport)
    return report


def test_stack_is_provisioned_and_adopted(cloud: Cloud) -> None:
    """The first run creates seven things and the probe is answered; the second creates and changes nothing."""
    stack = cloud.stack()
    first = run(cloud, stack)
    assert (first.created, first.adopted, first.updated) == (7, 0, 0)
    assert first.documents.uploaded == ("rag-inference-kb/faq_products.txt",)
    assert "14 дней, не считая дня покупки" in first.probe.answer
    assert first.probe.sources == ("rag-inference-kb/faq_products.txt",)
    assert [model.action for model in first.models] == ["created"] * 3
    assert all("stand-in" in model.answered_by for model in first.models)

    cloud.sandbox.reset()
    second = run(cloud, stack)
    assert (second.created, second.adopted, second.updated) == (0, 7, 0)
    assert second.documents.kept == first.documents.uploaded
    assert second.knowledge_base.version_id == first.knowledge_base.version_id
    assert [model.run_id for model in second.models] == [model.run_id for model in first.models]
    assert cloud.changes() == []


def test_graph_is_the_tutorials(cloud: Cloud) -> None:
    """The knowledge base waits for documents and embedder only, and no arrow comes of a value that is passed along."""
    stack = cloud.stack()
    names = {model.name: role for role, model in zip(("embedder", "reranker", "LLM"), stack.models, strict=True)}
    names |= {stack.bucket: "B", stack.folder: "F", stack.token_secret: "S", stack.knowledge_base.name: "base"}
    state = provision_rag(stack, cloud.name, cloud.name, return_state=True)
    assert drawn(state.state_details.flow_run_id, names) == {
        "compare-with-kept": set(),
        "check-stack": {"compare-with-kept"},
        "observe": {"check-stack"},
        "plan": {"observe"},
        "keep-wanted": {"plan"},
        "ensure-bucket B": set(),
        "upload-documents F": {"ensure-bucket B"},
        "ensure-secret S": set(),
        "ensure-inference embedder": {"ensure-secret S"},
        "ensure-inference reranker": {"ensure-secret S"},
        "ensure-inference LLM": {"ensure-secret S"},
        "wait-for embedder": {"ensure-inference embedder"},
        "wait-for reranker": {"ensure-inference reranker"},
        "wait-for LLM": {"ensure-inference LLM"},
        "ensure-knowledge-base base": {"ensure-bucket B", "upload-documents F", "wait-for embedder"},
        "wait-for base": {"ensure-knowledge-base base"},
        "quarantine-unreadable": {"upload-documents F", "wait-for base"},
        "verify": {"wait-for base", "wait-for reranker", "wait-for LLM"},
        "judge-stack": {"wait-for base", "wait-for reranker", "wait-for LLM", "verify"},
        "put-in-service": {"wait-for base", "judge-stack"},
        "keep-provisioned": {"put-in-service"},
        "report": {"keep-provisioned"},
    }


def test_artifacts_tell_the_run(cloud: Cloud) -> None:
    """Markdown with answer and times, the chunks as a table, and progress of each wait and the upload at 100."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    run(cloud, stack)
    report = artifact("stack", name)["data"]
    assert "Resources: created 7, adopted 0, updated 0, resumed 0, deleted 0" in report
    assert "resources: create 7;" in artifact("plan", name)["description"]
    assert "14 дней, не считая дня покупки" in report
    assert "Sources quoted: `rag-inference-kb/faq_products.txt`" in report
    assert "Looked at, not quoted" not in report
    assert "| LLM | " in report
    assert "| llm | " not in report
    assert "| verify |" in report
    assert "faq_products.txt" in artifact("chunks", name)["data"]
    waits = [("wait-for", model.name) for model in (stack.embedder, stack.reranker, stack.llm)]
    progress = [*waits, ("wait-for", name), ("upload-documents", stack.bucket)]
    assert {of: float(artifact(*of)["data"]) for of in progress} == dict.fromkeys(progress, 100.0)


def test_the_report_leads_to_the_chat_in_the_console(cloud: Cloud, sandbox: SandboxProcess) -> None:
    """At the address that the block assumes, with the ids filled in; a cloud without a console has no such line."""
    stack = cloud.stack()
    pages: list[str] = []
    for url in ("", "https://console.cloud.ru/p/{project_id}/{knowledge_base_id}/{version_id}"):
        knowledge = KnowledgeAssumptions(console_chat_url=url)
        save_blocks("with-console", sandbox, assumptions=Assumptions(knowledge=knowledge))
        report = provision_rag(stack, "with-console", "with-console")
        assert isinstance(report, StackReport)
        pages.append(artifact("stack", stack.knowledge_base.name)["data"])

    base = report.knowledge_base
    link = f"https://console.cloud.ru/p/{PROJECT_ID}/{base.knowledge_base_id}/{base.version_id}"
    assert base.console_chat_url == link
    assert "In the console" not in pages[0]
    assert f"[{link}]({link})" in pages[1]
    assert f"choose version `{base.version_id}`, the tab «Чат»" in pages[1]


def test_steps_are_named_for_people(cloud: Cloud) -> None:
    """The UI shows which inference a step is about, and the critical path begins with the checks."""
    stack = cloud.stack()
    report = run(cloud, stack)
    names = [step.name for step in report.steps]
    assert {f"ensure-inference {stack.llm.name}", f"wait-for {stack.llm.name}", "verify"} <= set(names)
    critical = [step.name for step in report.steps if step.on_critical_path]
    assert (critical[0], critical[-1]) == ("compare-with-kept", "keep-provisioned")
    assert 0 < report.critical_path_s <= report.duration_s


def test_new_document_is_indexed_by_the_next_run(cloud: Cloud, tmp_path: Any) -> None:
    """A file added to the folder is sent and indexed in another version; once it has answered, it is in service."""
    (tmp_path / "a.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="a.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path),), probe=probe)
    first = cloud.stand(stack)
    (tmp_path / "b.txt").write_text("Парковка для покупателей стоит сорок рублей в час.", encoding="utf-8")
    probe = ProbeSpec(question="Сколько стоит парковка?", source="b.txt", phrase="сорок рублей")
    report = run(cloud, stack.model_copy(update={"probe": probe}))
    assert report.documents.uploaded == ("rag-inference-kb/b.txt",)
    assert (report.created, report.updated) == (0, 1)
    assert "сорок рублей" in report.probe.answer
    serving = in_service(StackKey(PROJECT_ID, stack.knowledge_base.name))
    assert serving is not None
    assert serving.version_id == report.knowledge_base.version_id
    assert serving.previous_version_id == first.version_id


def test_another_reading_needs_consent(cloud: Cloud, tmp_path: Any) -> None:
    """Another chunk size and a lost extension are rows of the plan; with consent a version reads so, and is kept so."""
    for document, text in (("a.txt", "Магазин открыт с девяти до шести."), ("b.md", "Парковка стоит сорок рублей.")):
        (tmp_path / document).write_text(text, encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="a.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path),), probe=probe)
    before = {"extensions": ["txt", "md"], "extractors": [{"extensions": ["txt", "md"]}]}
    now = {"extractors": [{"extensions": ["txt"], "splitter": {"chunk_tokens": 50}}]}
    name = stack.knowledge_base.name
    wide, narrow = (
        stack.model_copy(update={"knowledge_base": KnowledgeBaseSpec.model_validate({"name": name, **content})})
        for content in (before, now)
    )
    cloud.stand(wide)
    cloud.sandbox.control.delete("/requests")
    plan = provision_rag(narrow, cloud.name, cloud.name, plan_only=True)
    assert isinstance(plan, StackPlan)
    assert [(row.name, row.reason) for row in plan.rows if row.resource == "reading"] == [
        ("md", f"no longer read: 1: {stack.folder}b.md"),
        ("txt", f"read otherwise (chunk size is 400, not 50): 1: {stack.folder}a.txt"),
    ]
    with pytest.raises(RefusedError, match=r"md is no longer read: 1: .*set allow_other_reading=true"):
        run(cloud, narrow)
    assert cloud.changes() == []
    report = run(cloud, narrow, allow_other_reading=True)
    assert report.updated == 1
    cloud.sandbox.control.delete("/requests")
    assert run(cloud, narrow).knowledge_base.version_id == report.knowledge_base.version_id
    assert cloud.changes() == []
    refresh_rag(wide, cloud.name, allow_other_reading=True)
    kept = read_kept(cloud.key(stack))
    assert kept is not None
    assert kept.provisioned is not None
    assert kept.provisioned.knowledge_base == wide.knowledge_base


def test_a_version_that_was_refused_is_left_alone(cloud: Cloud, tmp_path: Any) -> None:
    """The version in service goes on being the one that provisioning looks at, asks and reports."""
    (tmp_path / "a.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="a.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path),), probe=probe)
    first = cloud.stand(stack)
    (tmp_path / "a.txt").write_text("Магазин закрыт навсегда.", encoding="utf-8")
    with pytest.raises(WrongAnswerError):
        refresh_rag(stack, cloud.name)
    cloud.sandbox.control.delete("/requests")
    second = run(cloud, stack)
    assert second.knowledge_base.version_id == first.version_id
    assert cloud.changes() == []


def test_foundation_model_is_not_started(cloud: Cloud) -> None:
    """A model of Foundation Models has no run: its two steps do nothing, the others do not wait."""
    stack = cloud.stack(
        reranker=FoundationModelSpec(model="Qwen/Qwen3-Reranker-0.6B"),
        llm=FoundationModelSpec(model="t-tech/T-lite-it-1.0"),
    )
    report = run(cloud, stack)
    assert report.created == 5
    assert [model.status for model in report.models[1:]] == ["Foundation Models"] * 2


def test_wrong_answer_fails_and_says_what_came_back(cloud: Cloud) -> None:
    """A stack that runs and answers wrongly is not green."""
    probe = ProbeSpec(
        question="Сколько стоит доставка курьером по городу?", source="faq_products.txt", phrase="дирижабль"
    )
    with pytest.raises(WrongAnswerError, match=r"lacks the phrase 'дирижабль'; came back: .*290 рублей"):
        run(cloud, cloud.stack(probe=probe))


def test_failed_inference_ends_the_run_with_its_reason(cloud: Cloud) -> None:
    """The embedder's reason is the run's; nobody waits an hour for the LLM beside it, and no base is created."""
    cloud.sandbox.set(run_spans={"resource_allocation": {"seconds": 3600}})
    cloud.sandbox.set(
        run_spans_by={"ModelTaskType_EMBEDDING": {stage: {} for stage in ("resource_allocation", "pulling")}}
    )
    stack = cloud.stack(embedder=cloud.broken("embedder-of-nobody", "Embedding"))
    with pytest.raises(FailedStateError, match=r"embedder-of-nobody .* is FAILED: .*nobody/broken"):
        run(cloud, stack)
    assert not any("knowledge-bases" in change for change in cloud.changes())


def test_passed_deadline_says_what_was_last_seen(cloud: Cloud) -> None:
    """The deadline is a parameter of the inference; the message names the stage it was in."""
    cloud.sandbox.set(run_spans_by={"ModelTaskType_GENERATE": {"pulling": {"seconds": 3600}}})
    llm = inference("llm-too-slow", "t-tech/T-lite-it-1.0", "Generate", ready_within_s=1)
    with pytest.raises(DeadlineError, match=r"not ready after 1 s; last seen: .*PULLING"):
        run(cloud, cloud.stack(llm=llm))


def test_failed_index_ends_the_run_with_its_reason(cloud: Cloud, tmp_path: Any) -> None:
    """A file that cannot be read fails its version, and the run says which and why."""
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of a PDF")
    base: Any = {
        "name": "kb-of-a-broken-file",
        "extensions": ["pdf"],
        "extractors": [{"extensions": ["pdf"], "reader": "pdf"}],
    }
    probe = ProbeSpec(question="Что в файле?", source="broken.pdf", phrase="ничего")
    stack = cloud.stack(documents=(str(tmp_path),), knowledge_base=KnowledgeBaseSpec.model_validate(base), probe=probe)
    with pytest.raises(FailedStateError, match=r"broken\.pdf"):
        run(cloud, stack)


def test_failed_upload_is_not_reported_as_done(cloud: Cloud) -> None:
    """When a document is refused nothing is built on the folder."""
    cloud.sandbox.fault("faq_products", method="PUT", status=403, times=10)
    with pytest.raises(Exception, match=r"faq_products\.txt"):
        run(cloud, cloud.stack())
    assert not any("knowledge-bases" in change for change in cloud.changes())


def test_lost_reply_of_a_create_makes_no_second_run(cloud: Cloud) -> None:
    """The endpoint that was created although its reply was lost is found by name, not paid for twice."""
    stack = cloud.stack()
    cloud.sandbox.fault("/modelruns$", method="POST", drop="after", times=1)
    report = run(cloud, stack)
    assert cloud.sandbox.all_faults_used()
    names = {model.name for model in report.models}
    listed = cloud.sandbox.inventory()["model_runs"]
    assert sorted(r["name"] for r in listed if r["name"] in names) == sorted(names)
