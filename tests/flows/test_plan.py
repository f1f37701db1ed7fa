"""Before anything is done: the plan, its price, who must allow it, and that only one run of a stack is at work."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import TypeAdapter

from clouds.cloudru.knowledge import IndexSource
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.errors import ConfigurationError, FailedStateError, RefusedError, WrongAnswerError
from domain.prices import NOT_BILLED
from domain.probe import ProbeSpec
from flows.power import status_rag
from flows.provision import provision_rag
from flows.specs import RagStack, StackPlan, StackReport
from sandbox.settings import PROJECT_ID
from tasks.run import approval
from tasks.run.approval import NotApprovedError
from tasks.run.credentials import cloud_credentials
from tasks.run.lock import StackLockedError, stack_lock
from tasks.run.plan_page import terminal_table
from tasks.stack.kept_stack import keep_wanted
from tasks.stack.promotion import in_service
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.paused import resume_when_paused, shown_forms
from tests.support.stacks import Cloud, inference, save_blocks

T = TypeVar("T")
DELETED = ModelRunStatus.DELETED
WRONG = ProbeSpec(question="Сколько стоит доставка курьером?", source="faq_products.txt", phrase="дирижабль")


def planned(cloud: Cloud, stack: RagStack, **parameters: Any) -> StackPlan:
    """Return the plan alone, after a look that it changed nothing."""
    before = cloud.changes()
    plan = provision_rag(stack, cloud.name, cloud.name, plan_only=True, **parameters)
    assert isinstance(plan, StackPlan)
    assert cloud.changes() == before
    return plan


def provisioned(cloud: Cloud, stack: RagStack, **parameters: Any) -> StackReport:
    """Run it to the end."""
    report = provision_rag(stack, cloud.name, cloud.name, **parameters)
    assert isinstance(report, StackReport)
    return report


def verbs(plan: StackPlan) -> dict[str, str]:
    """Return what happens to each resource; of several of a kind the first."""
    return {row.resource: row.verb for row in reversed(plan.rows)}


def live_runs(cloud: Cloud, *names: str) -> list[str]:
    """Return which of these runs are not deleted."""
    with connect(cloud.sandbox) as client:
        return sorted(run.name for run in client.inferences.list() if run.name in names and run.status != DELETED)


def bases(cloud: Cloud, name: str) -> list[str]:
    """Return the knowledge bases whose names begin so."""
    with connect(cloud.sandbox) as client:
        return sorted(base.name for base in client.knowledge_bases.list() if base.name.startswith(name))


def table(kind: str, name: str) -> list[dict[str, str]]:
    """Return the latest table of a kind about the stack."""
    return json.loads(artifact(kind, name)["data"])


def test_files_that_are_passed_over_are_a_row(cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With what to set, and as a warning; what is chosen by kinds is a row with its marks."""
    for name in ("hours.txt", "price.md", "price.xlsx"):
        (tmp_path / name).write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="hours.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path),), probe=probe)
    (row,) = [row for row in planned(cloud, stack).rows if row.resource == "other files"]
    assert (row.name, row.verb) == ("md, xlsx", "keep")
    assert "to read md set kinds of the knowledge base to text" in row.reason
    assert row.reason.startswith("2 files of other extensions are not read: ")
    assert row.reason in caplog.text
    assert row.reason in artifact("plan", stack.knowledge_base.name)["description"]
    base = KnowledgeBaseSpec(name=stack.knowledge_base.name, kinds="text")
    rows = planned(cloud, stack.model_copy(update={"knowledge_base": base})).rows
    assert {row.resource: row.reason for row in rows}["kinds of file"] == (
        "confirmed on Cloud.ru: txt, log, rtf; not confirmed: md"
    )


def test_plan_names_every_resource_with_its_price(cloud: Cloud) -> None:
    """Nothing is there: all is created, the models at the catalogue's price; the same table in UI and terminal."""
    stack = cloud.stack()
    plan = planned(cloud, stack)
    assert verbs(plan) == {
        "bucket": "create",
        "folder": "create",
        "documents": "create",
        "secret": "create",
        "log group": verbs(plan)["log group"],  # the sandbox's project is shared by the tests
        "embedder": "create",
        "reranker": "create",
        "LLM": "create",
        "knowledge base": "create",
    }
    assert plan.starting_rub_per_hour == [40.0, 40.0, 120.0]
    assert "starts 200 RUB per hour; the stack then costs 200 RUB per hour" in plan.summary
    rows = table("plan", plan.stack)
    assert [row["name"] for row in rows] == [row.name for row in plan.rows]
    assert rows[7]["RUB per hour"] == "120"
    assert terminal_table(plan).row_count == len(rows)
    assert TypeAdapter(StackPlan).validate_json(artifact("plan-result", plan.stack)["data"]) == plan


def test_what_is_billed_by_use_is_said(cloud: Cloud) -> None:
    """Of knowledge base, storage, secrets and tokens: in the plan, on its page and in the status."""
    stack = cloud.stack(llm=FoundationModelSpec(model="openai/gpt-oss-120b"))
    plan = planned(cloud, stack)
    page = artifact("plan", plan.stack)["description"]
    status = status_rag(stack, cloud.name)

    assert [line.partition(":")[0] for line in plan.by_use] == [
        "Knowledge base", "Foundation Models", "Object Storage", "Secret Management",
    ]  # fmt: skip
    assert "15.86 RUB per million tokens (INFERRED)" in plan.by_use[1]
    assert all(line in page for line in plan.by_use)
    assert NOT_BILLED in page
    assert NOT_BILLED in artifact("status", plan.stack)["description"]
    assert status.by_use[1:] == (plan.by_use[1], *status.by_use[2:])
    assert all(line in artifact("status", plan.stack)["description"] for line in status.by_use)


def test_a_mistyped_foundation_model_is_refused_by_the_plan(cloud: Cloud) -> None:
    """Before anything is created; the names that are like it are in the message."""
    stack = cloud.stack(llm=FoundationModelSpec(model="openai/gpt-oss-12b"))
    before = cloud.changes()
    with pytest.raises(ConfigurationError, match=r"openai/gpt-oss-12b.*openai/gpt-oss-120b"):
        provision_rag(stack, cloud.name, cloud.name)

    assert cloud.changes() == before


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"mangle": "page"}, {"mangle": "empty_object"}])
def test_a_plan_does_not_need_the_list_of_foundation_models(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    """A list that cannot be had is a warning: whether it is open is not confirmed."""
    stack = cloud.stack(llm=FoundationModelSpec(model="nobody/nothing"))
    cloud.sandbox.fault(r"foundation-models\.api\.cloud\.ru/v1/models$", times=10, **fault)

    assert planned(cloud, stack).rows
    assert "not known whether Foundation Models has nobody/nothing" in caplog.text


def test_second_run_changes_nothing_and_reads_pages(cloud: Cloud, tmp_path: Path) -> None:
    """The sandbox's log has no mutation, and as many reads for 150 documents as for one: both fit a page."""
    (tmp_path / "faq.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="faq.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path),), probe=probe)
    reads: list[int] = []
    for count in (0, 149):
        for number in range(count):
            (tmp_path / f"{number}.txt").write_text(f"Товар номер {number} стоит {number * 7} рублей.")
        provisioned(cloud, stack)
        cloud.sandbox.control.delete("/requests")
        report = provisioned(cloud, stack)
        assert (report.created, report.updated, len(report.documents.kept)) == (0, 0, count + 1)
        assert cloud.changes() == []
        reads.append(len(cloud.sandbox.requests()))
    assert reads[0] == reads[1]
    plan = planned(cloud, stack)
    assert {row.verb for row in plan.rows} == {"adopt"}
    assert plan.starting_rub_per_hour == []
    assert "starts 0 RUB per hour; the stack then costs 200 RUB per hour" in plan.summary


def test_changes_are_planned_as_they_are_done(cloud: Cloud, tmp_path: Path) -> None:
    """A new document, a suspended model, an object of nobody: update, resume, keep; the run does just that."""
    (tmp_path / "faq.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    probe = ProbeSpec(question="Когда открыт магазин?", source="faq.txt", phrase="с девяти до шести")
    stack = cloud.stack(documents=(str(tmp_path / "*.txt"),), probe=probe)
    first = provisioned(cloud, stack)
    (tmp_path / "faq.txt").rename(tmp_path / "old.md")
    (tmp_path / "faq2.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    llm = first.models[2]
    with cloud.sandbox.client() as client:
        client.patch(f"{cloud.sandbox.endpoints.inference}/{PROJECT_ID}/modelruns/{llm.run_id}/suspend")
    plan = planned(cloud, stack)
    wanted = {"documents": "create", "other documents": "keep", "LLM": "resume", "knowledge base": "update"}
    assert {resource: verb for resource, verb in verbs(plan).items() if verb != "adopt"} == wanted
    assert plan.starting_rub_per_hour == [120.0]
    report = provisioned(cloud, stack)
    assert (report.created, report.updated, report.resumed) == (0, 1, 1)
    assert report.documents.uploaded == ("rag-inference-kb/faq2.txt",)


def test_another_embedder_replaces_the_base_when_allowed(cloud: Cloud) -> None:
    """Refused without leave; the old base serves while the new one has not answered; then it is gone."""
    stack = cloud.stack()
    name = stack.knowledge_base.name
    first = cloud.stand(stack)
    embedder = inference(f"{stack.embedder.name}-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    other = stack.model_copy(update={"embedder": embedder})
    plan = planned(cloud, other)
    assert [(row.name, row.verb) for row in plan.rows[-2:]] == [(f"{name}.r2", "replace"), (name, "keep")]
    before = cloud.changes()
    with pytest.raises(RefusedError, match=rf"a knowledge base {name} .* is not what is wanted: .*allow_replace"):
        provisioned(cloud, other)
    assert cloud.changes() == before

    with pytest.raises(WrongAnswerError):
        provisioned(cloud, other.model_copy(update={"probe": WRONG}), allow_replace=True)
    assert bases(cloud, name) == [name, f"{name}.r2"]
    served = in_service(cloud.key(stack))
    assert served is not None
    assert served.knowledge_base_id == first.knowledge_base_id

    plan = planned(cloud, other, allow_replace=True)
    assert [(row.name, row.verb) for row in plan.rows[-2:]] == [(f"{name}.r2", "adopt"), (name, "delete")]
    report = provisioned(cloud, other, allow_replace=True)
    assert plan.summary.startswith("resources: adopt 7, delete 1;")
    assert (report.created, report.adopted, report.deleted) == (0, 7, 1)
    assert report.knowledge_base.name == f"{name}.r2"
    assert report.knowledge_base.version_in_service == report.knowledge_base.version_id
    assert bases(cloud, name) == [f"{name}.r2"]
    cloud.sandbox.control.delete("/requests")
    assert provisioned(cloud, other).created == 0
    assert cloud.changes() == []


def test_price_above_the_limit_waits_for_approval(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 RUB per hour above 150: refused by a person nothing is changed, approved it goes on; 200 needs nobody."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    stack = cloud.stack()

    def run() -> StackReport:
        return provisioned(cloud, stack, approve_above_rub_per_hour=150)

    with pytest.raises(NotApprovedError, match=r"200 RUB per hour, above 150.*nothing was changed"):
        resume_when_paused({"approve": False}, run)
    assert cloud.changes() == []
    assert resume_when_paused({"approve": True}, run).created == 7
    assert run().created == 0
    assert provisioned(cloud, cloud.stack(), approve_above_rub_per_hour=200).created == 7


def test_a_plan_that_waits_for_a_person_keeps_nobody_waiting(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form says that nothing is billed. Meanwhile another run makes the stack, so that nothing is left to do."""
    monkeypatch.setattr(approval, "LOOK_EVERY_S", 0.2)
    stack = cloud.stack()

    def another_run() -> None:
        (form,) = [form for form in shown_forms() if stack.knowledge_base.name in form]
        assert NOT_BILLED in form
        assert provisioned(cloud, stack, lock_wait_s=0).created == 7
        cloud.sandbox.control.delete("/requests")

    report = resume_when_paused(
        {"approve": True}, lambda: provisioned(cloud, stack, approve_above_rub_per_hour=150), meanwhile=another_run
    )
    assert report.created == 0
    assert cloud.changes() == []


def test_two_runs_of_one_stack_at_once_make_one_stack(cloud: Cloud) -> None:
    """The second waits for the first, and adopts."""
    stack = cloud.stack()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(provisioned, cloud, stack, lock_wait_s=300) for _ in range(2)]
        reports = [run.result() for run in both]
    assert sorted(report.created for report in reports) == [0, 7]
    assert len({report.knowledge_base.version_id for report in reports}) == 1
    names = [stack.embedder.name, stack.reranker.name, stack.llm.name]
    assert live_runs(cloud, *names) == sorted(names)


def test_a_run_that_may_not_wait_is_refused(cloud: Cloud) -> None:
    """One line says that another is at work; another stack goes on, and afterwards this one too."""
    stack = cloud.stack()
    with cloud_credentials(cloud.name) as cloudru, stack_lock(cloudru, stack.knowledge_base.name):
        with pytest.raises(StackLockedError, match=f"another run of the stack {stack.knowledge_base.name} is at work"):
            provisioned(cloud, stack, lock_wait_s=0)
        assert cloud.changes() == []
        assert planned(cloud, cloud.stack(), lock_wait_s=0).rows
    assert planned(cloud, stack, lock_wait_s=0).rows


def test_a_stack_is_one_in_its_project_whatever_the_block_is_called(cloud: Cloud) -> None:
    """Another block of the same project waits for the same lock; a stack of that name elsewhere has one of its own."""
    stack = cloud.stack()
    save_blocks("test-second", cloud.sandbox)
    with cloud_credentials("test-second") as cloudru:
        elsewhere = cloudru.model_copy(update={"project_id": "00000000-0000-4000-8000-00000000beef"})
        with stack_lock(elsewhere, stack.knowledge_base.name):
            assert planned(cloud, stack, lock_wait_s=0).rows
            with stack_lock(cloudru, stack.knowledge_base.name), pytest.raises(StackLockedError):
                planned(cloud, stack, lock_wait_s=0)


@pytest.mark.parametrize("on_failure", ["keep", "remove_created"])
def test_failed_run_keeps_or_removes_what_it_created(cloud: Cloud, on_failure: Any) -> None:
    """The adopted reranker stays either way; the other models and the base are created, and cost until removed."""
    earlier = cloud.stack()
    cloud.stand(earlier)
    stack = cloud.stack(reranker=earlier.reranker, probe=WRONG)
    names = [stack.embedder.name, stack.reranker.name, stack.llm.name]
    with pytest.raises(WrongAnswerError):
        provisioned(cloud, stack, on_failure=on_failure)
    kept = on_failure == "keep"
    assert live_runs(cloud, *names) == (sorted(names) if kept else [stack.reranker.name])
    assert bases(cloud, stack.knowledge_base.name) == ([stack.knowledge_base.name] if kept else [])
    left = {row["name"]: (row["now"], row["RUB per hour"]) for row in table("left", stack.knowledge_base.name)}
    assert left[stack.reranker.name] == ("kept", "40")
    assert left[stack.llm.name] == ("kept" if kept else "removed", "120")
    assert NOT_BILLED in artifact("left", stack.knowledge_base.name)["description"]
    assert provisioned(cloud, stack.model_copy(update={"probe": earlier.probe})).probe.passed


def test_a_stack_that_has_answered_is_not_removed(cloud: Cloud) -> None:
    """Its base may serve already: only the report is missing, and the next run writes it."""
    stack = cloud.stack()
    names = [stack.embedder.name, stack.reranker.name, stack.llm.name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.stack.service.promote", _out_of_order)
        with pytest.raises(RuntimeError, match="out of order"):
            provisioned(cloud, stack, on_failure="remove_created")
    assert live_runs(cloud, *names) == sorted(names)
    assert bases(cloud, stack.knowledge_base.name) == [stack.knowledge_base.name]


def test_untested_defaults_of_what_is_started_are_notes(cloud: Cloud) -> None:
    """The plan says what nobody published, before three GPUs start; what stands already needs no such word."""
    stack = cloud.stack()
    *notes, billed = planned(cloud, stack).notes
    assert [note.partition(":")[0] for note in notes] == ["Not tested against the service"] * 2
    assert billed == NOT_BILLED
    assert stack.reranker.name in notes[1]
    cloud.stand(stack)
    assert not any(note.startswith("Not tested") for note in planned(cloud, stack).notes)


def test_failed_model_is_named_among_what_costs(cloud: Cloud) -> None:
    """A model that failed, and the ones beside it that went on, are removed; the reason of the run is the model's."""
    stack = cloud.stack(llm=cloud.broken("llm-of-nobody", "Generate"))
    with pytest.raises(FailedStateError, match="nobody/broken"):
        provisioned(cloud, stack, on_failure="remove_created")
    assert live_runs(cloud, stack.embedder.name, stack.reranker.name, stack.llm.name) == []


def _out_of_order(*_arguments: Any) -> None:
    raise RuntimeError("the Prefect server is out of order")


def test_what_another_client_made_after_the_plan_is_never_removed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of the stack's name that came between plan and create is another client's: it is named, and kept."""
    stack = cloud.stack()
    other = inference(stack.llm.name, "Qwen/Qwen3-Embedding-0.6B", "Embedding", gpu_memory_gb=8)

    def overtaken(*arguments: Any) -> None:
        keep_wanted(*arguments)
        with connect(cloud.sandbox) as client:
            client.inferences.ensure(other, gpu_memory_gb=8, token_secret=None, log_group_id=None)

    monkeypatch.setattr("flows.provision.keep_wanted", overtaken)
    with pytest.raises(ConfigurationError, match="is not what is wanted"):
        provisioned(cloud, stack, on_failure="remove_created")

    assert stack.llm.name in live_runs(cloud, stack.llm.name)
    left = {row["name"]: (row["by this run"], row["now"]) for row in table("left", stack.knowledge_base.name)}
    assert left[stack.llm.name] == ("found", "kept: nothing proves that this run has created it")


@pytest.mark.parametrize("resource", ["knowledge base", "inference"])
def test_what_may_be_another_clients_is_kept_and_said(cloud: Cloud, resource: str) -> None:
    """The reply to a create was lost: what is found by name then may be another client's as well."""
    stack = cloud.stack(probe=WRONG)
    path = "/v2/knowledge-bases$" if resource == "knowledge base" else "/modelruns$"
    cloud.sandbox.fault(path, method="POST", drop="after", times=1 if resource == "knowledge base" else 3)
    with pytest.raises(WrongAnswerError):
        provisioned(cloud, stack, on_failure="remove_created")
    assert cloud.sandbox.all_faults_used()

    is_base = resource == "knowledge base"
    names = [stack.embedder.name, stack.reranker.name, stack.llm.name]
    assert bases(cloud, stack.knowledge_base.name) == ([stack.knowledge_base.name] if is_base else [])
    assert live_runs(cloud, *names) == ([] if is_base else sorted(names))
    left = {row["name"]: (row["by this run"], row["now"]) for row in table("left", stack.knowledge_base.name)}
    told = ("found", "kept: nothing proves that this run has created it")
    assert left[stack.knowledge_base.name] == (told if is_base else ("created", "removed"))
    assert left[stack.llm.name] == (("created", "removed") if is_base else told)


def test_a_base_that_another_client_made_after_the_plan_is_never_removed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the stack's name, and came between plan and create: it is named, and kept."""
    stack = cloud.stack()
    embedder = FoundationModelSpec(model="Qwen/Qwen3-Embedding-0.6B")

    def overtaken(*arguments: Any) -> None:
        keep_wanted(*arguments)
        with connect(cloud.sandbox) as client:
            client.storage.ensure_bucket(stack.bucket)
            client.knowledge_bases.ensure(
                stack.knowledge_base,
                IndexSource(stack.bucket, "another", embedder, log_group_id="g"),
            )

    monkeypatch.setattr("flows.provision.keep_wanted", overtaken)
    with pytest.raises(RefusedError):
        provisioned(cloud, stack, on_failure="remove_created")

    name = stack.knowledge_base.name
    assert bases(cloud, name) == [name]
    left = {row["name"]: (row["by this run"], row["now"]) for row in table("left", name)}
    assert left[name] == ("found", "kept: nothing proves that this run has created it")
