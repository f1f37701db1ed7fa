"""`refresh-rag` against the running sandbox."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.variables import Variable
from upath import UPath

from clouds.cloudru.assumptions import Assumptions, KnowledgeAssumptions
from clouds.cloudru.specs import InferenceSpec, KnowledgeBaseSpec
from clouds.cloudru.storage import Document
from clouds.errors import APIError, ConfigurationError, RefusedError, WrongAnswerError
from domain.keys import StackKey
from domain.probe import ProbeSpec
from domain.reports.refresh import RefreshReport
from flows.evaluate import rollback_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack, StackPlan
from sandbox.settings import PROJECT_ID
from tasks.run.quarantine import by_content, entry, forget, read_registry, sha256, split, write_registry
from tasks.stack.knowledge import wait_for_index
from tasks.stack.promotion import in_service
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.graph import drawn
from tests.support.stacks import Cloud, inference, save_blocks

HOURS = "Магазин открыт с девяти до шести."
PARKING = "Парковка для покупателей стоит сорок рублей в час."
ABOUT_HOURS = ProbeSpec(question="Когда открыт магазин?", source="a.txt", phrase="с девяти до шести")
ABOUT_PARKING = ProbeSpec(question="Сколько стоит парковка?", source="b.txt", phrase="сорок рублей")
LONG = StackKey(PROJECT_ID, "Long Registry")
REINDEX = Assumptions(knowledge=KnowledgeAssumptions(new_version="reindex"))
Provisioned = Callable[..., RagStack]
GRAPH: dict[str, set[str]] = {
    "find-stack": set(),
    "look-for-changes": set(),
    "plan": {"look-for-changes"},
    "ensure-bucket B": set(),
    "find-inference embedder": set(),
    "find-inference reranker": set(),
    "find-inference LLM": set(),
    "wait-for embedder": {"find-inference embedder"},
    "wait-for reranker": {"find-inference reranker"},
    "wait-for LLM": {"find-inference LLM"},
    "sync-documents F": {"look-for-changes", "wait-for embedder", "wait-for reranker", "wait-for LLM"},
    "ensure-version base": {"look-for-changes", "ensure-bucket B", "sync-documents F", "wait-for embedder"},
    "wait-for base": {"ensure-version base"},
    "verify": {"wait-for base", "wait-for reranker", "wait-for LLM"},
    "promote version": {"verify"},
    "report-refresh": {"promote version"},
}
"""The recipe of `flows/refresh.py`: from which steps an arrow leads to each step."""


@pytest.fixture
def provisioned(cloud: Cloud, tmp_path: Path) -> Provisioned:
    """Return a maker of stacks that stand, over the texts of a folder; the request log begins afterwards."""

    def provision(texts: dict[str, str], **changes: Any) -> RagStack:
        write(tmp_path, texts)
        stack = cloud.stack(**{"documents": (str(tmp_path),), "probe": ABOUT_HOURS, **changes})
        cloud.stand(stack)
        cloud.sandbox.control.delete("/requests").raise_for_status()
        return stack

    return provision


def write(folder: Path, texts: dict[str, str]) -> None:
    """Write documents."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def refresh(cloud: Cloud, stack: RagStack, **changes: Any) -> RefreshReport:
    """Run the flow with the sandbox's block."""
    return cast("RefreshReport", refresh_rag(stack, cloud.name, **changes))


def names_in_graph(stack: RagStack, report: RefreshReport) -> dict[str, str]:
    """Return what `GRAPH` calls the resources."""
    names = {model.name: role for role, model in zip(("embedder", "reranker", "LLM"), stack.models, strict=True)}
    names |= {stack.bucket: "B", stack.folder: "F", stack.knowledge_base.name: "base"}
    return names | {report.version_id: "version"}


def reindexing(cloud: Cloud) -> Cloud:
    """Return the cloud by blocks that index the version anew instead of making another."""
    save_blocks("test-reindex", cloud.sandbox, assumptions=REINDEX)
    return replace(cloud, name="test-reindex")


def stored(cloud: Cloud, stack: RagStack) -> list[str]:
    """Return the files in the bucket's folder."""
    folder = cloud.sandbox.data_dir / "storage" / stack.bucket / stack.folder
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def versions(cloud: Cloud, stack: RagStack) -> list[str]:
    """Return the ids of the knowledge base's versions, oldest first."""
    with connect(cloud.sandbox) as client:
        base = client.knowledge_bases.find(stack.knowledge_base.name)
        assert base is not None
        newest_first = client.knowledge_bases.list_versions(base.knowledgebase_id)
        return [version.knowledgebase_version_id for version in reversed(newest_first)]


def test_nothing_changed_costs_nothing(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """Not one mutating call, a handful of reads, whether the files were touched or not."""
    stack = provisioned({"a.txt": HOURS, "b.txt": PARKING})
    os.utime(tmp_path / "a.txt", (1, 1))
    report = refresh(cloud, stack, delete_missing=True)
    assert (report.outcome, report.same, report.version_id) == ("unchanged", 2, versions(cloud, stack)[0])
    assert cloud.changes() == []
    assert len(cloud.sandbox.requests()) <= 12  # pages, and a token now and then; never one a document
    assert "sync-documents" not in " ".join(step.name for step in report.steps)


def test_new_edited_and_deleted_documents_become_a_version(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """The difference alone is sent, the old version stays until the new one has answered, and a second run is idle.

    The graph of the run is the recipe.
    """
    stack = provisioned({"a.txt": HOURS, "gone.txt": "Кошка спит.", "same.txt": "Собака бежит."})
    write(tmp_path, {"a.txt": HOURS.replace("девяти", "восьми"), "b.txt": PARKING})
    (tmp_path / "gone.txt").unlink()
    stack = stack.model_copy(update={"probe": ABOUT_PARKING})
    state = refresh_rag(stack, cloud.name, delete_missing=True, return_state=True)
    report = cast("RefreshReport", state.result())
    assert drawn(state.state_details.flow_run_id, names_in_graph(stack, report)) == GRAPH
    folder = stack.folder
    assert (report.new, report.changed, report.deleted) == (
        (f"{folder}b.txt",),
        (f"{folder}a.txt",),
        (f"{folder}gone.txt",),
    )
    first, second = versions(cloud, stack)
    assert (report.outcome, report.version_id, report.previous_version_id) == ("refreshed", second, first)
    assert stored(cloud, stack) == ["a.txt", "b.txt", "same.txt"]
    promoted = in_service(cloud.key(stack))
    assert promoted is not None
    assert (promoted.version_id, promoted.previous_version_id) == (second, first)
    cloud.sandbox.control.delete("/requests")
    assert refresh(cloud, stack, delete_missing=True).outcome == "unchanged"
    assert cloud.changes() == []


def test_documents_may_come_from_elsewhere_and_nothing_is_deleted_unasked(
    cloud: Cloud, provisioned: Provisioned, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`documents` takes the place of the stack's own; what is not among them stays."""
    stack = provisioned({"a.txt": HOURS})
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere, {"b.txt": PARKING})
    report = refresh(cloud, stack.model_copy(update={"probe": ABOUT_PARKING}), documents=(str(elsewhere),))
    assert (report.outcome, report.deleted) == ("refreshed", ())
    assert stored(cloud, stack) == ["a.txt", "b.txt"]


def test_force_builds_although_nothing_changed(cloud: Cloud, provisioned: Provisioned) -> None:
    """Another version of the same documents."""
    stack = provisioned({"a.txt": HOURS})
    assert refresh(cloud, stack, force=True).outcome == "refreshed"
    assert len(versions(cloud, stack)) == 2


def test_a_version_that_answers_wrongly_is_not_promoted_and_not_built_twice(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """The old one stays in service; the next run judges the same version again, and promotes it once it passes."""
    stack = provisioned({"a.txt": HOURS})
    write(tmp_path, {"b.txt": PARKING})
    wrong = stack.model_copy(update={"probe": ABOUT_PARKING.model_copy(update={"phrase": "дирижабль"})})
    with pytest.raises(WrongAnswerError, match="дирижабль"):
        refresh(cloud, wrong)
    first, second = versions(cloud, stack)
    promoted = in_service(cloud.key(stack))
    assert promoted is not None
    assert promoted.version_id == first
    report = refresh(cloud, stack)
    assert (report.outcome, report.version_id) == ("refreshed", second)
    assert versions(cloud, stack) == [first, second]


def tell_promoted_at(cloud: Cloud, stack: RagStack, moment: str) -> None:
    """Have the Variable say another time, as a worker with another clock would have written it."""
    variable = cloud.key(stack).variable
    Variable.set(variable, {**cast("dict[str, Any]", Variable.get(variable)), "promoted_at": moment}, overwrite=True)


def test_clocks_decide_nothing(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """A fast clock's promotion makes no built version forgotten, a slow one's brings no rolled-back version back."""
    stack = provisioned({"a.txt": HOURS})
    tell_promoted_at(cloud, stack, "2100-01-01T00:00:00Z")
    write(tmp_path, {"b.txt": PARKING})
    wrong = stack.model_copy(update={"probe": ABOUT_PARKING.model_copy(update={"phrase": "дирижабль"})})
    with pytest.raises(WrongAnswerError, match="дирижабль"):
        refresh(cloud, wrong)
    first, second = versions(cloud, stack)
    report = refresh(cloud, stack)
    assert (report.outcome, report.version_id) == ("refreshed", second)
    assert rollback_rag(stack, cloud.name).version_id == first
    tell_promoted_at(cloud, stack, "2000-01-01T00:00:00Z")
    report = refresh(cloud, stack)
    assert (report.outcome, report.version_id) == ("unchanged", first)


def test_a_reindex_that_was_not_judged_is_not_taken_for_current(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """It keeps the version's id: each run judges it until it passes, and builds it no second time."""
    stack = provisioned({"a.txt": HOURS})
    cloud = reindexing(cloud)
    write(tmp_path, {"b.txt": PARKING})
    wrong = stack.model_copy(update={"probe": ABOUT_PARKING.model_copy(update={"phrase": "дирижабль"})})
    for _ in range(2):
        with pytest.raises(WrongAnswerError, match="дирижабль"):
            refresh(cloud, wrong)
    report = refresh(cloud, stack)
    assert (report.outcome, report.version_id) == ("refreshed", versions(cloud, stack)[0])
    assert len([change for change in cloud.changes() if change.endswith("/reindex")]) == 1
    assert refresh(cloud, stack).outcome == "unchanged"


def test_a_reindex_is_waited_for_by_the_next_run(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """A run that died just after it began: the version in service is not current while it is being indexed."""
    stack = provisioned({"a.txt": HOURS})
    cloud = reindexing(cloud)
    cloud.sandbox.set(knowledge_base_spans={"indexing": {"reads": 3}})
    write(tmp_path, {"b.txt": PARKING})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.refresh.wait_for_version", _Killed())
        with pytest.raises(RuntimeError, match="killed"):
            refresh(cloud, stack)
    report = refresh(cloud, stack.model_copy(update={"probe": ABOUT_PARKING}))
    assert (report.outcome, report.version_id) == ("refreshed", versions(cloud, stack)[0])
    assert len([change for change in cloud.changes() if change.endswith("/reindex")]) == 1


class _Killed:
    """A step at which the run ends."""

    def submit(self, _cloudru: Any, _changes: Any, ensured: Any) -> None:
        ensured.wait()
        raise RuntimeError("killed")


def test_what_no_version_can_change_is_refused(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """Another embedder or folder is another base, and provision-rag makes it; another LLM is a row of the plan."""
    stack = provisioned({"a.txt": HOURS})
    write(tmp_path, {"b.txt": PARKING})
    embedder, reranker = (model.model_dump() for model in (stack.embedder, stack.reranker))
    swapped = {
        "embedder": InferenceSpec(**{**embedder, "name": reranker["name"]}),
        "reranker": InferenceSpec(**{**reranker, "name": embedder["name"]}),
    }
    for changes, difference in ((swapped, "embedder is"), ({"folder": "other/"}, "paths are")):
        with pytest.raises(RefusedError, match=rf"{difference} .*run provision-rag with allow_replace=true"):
            refresh(cloud, stack.model_copy(update=changes))
    llm = stack.llm.model_copy(update={"repository": "Qwen/Qwen3-8B"})
    plan = refresh_rag(stack.model_copy(update={"llm": llm}), cloud.name, plan_only=True)
    assert isinstance(plan, StackPlan)
    assert [(row.name, row.verb) for row in plan.rows if row.resource == "asked with"] == [("llm.model", "keep")]
    absent = inference("embedder-that-never-was", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    with pytest.raises(ConfigurationError, match="no model run 'embedder-that-never-was': run provision-rag first"):
        refresh(cloud, stack.model_copy(update={"embedder": absent}))
    assert cloud.changes() == []
    assert len(versions(cloud, stack)) == 1


def test_a_run_that_died_between_deletion_and_version_is_made_good(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """The folder fits the documents already, but no version has read it: the next run builds one."""
    stack = provisioned({"a.txt": HOURS, "gone.txt": "Кошка спит."})
    (tmp_path / "gone.txt").unlink()
    cloud.sandbox.advance(5)  # S3 tells times in whole seconds
    cloud.sandbox.fault("/versions$", method="POST", status=400, times=1)
    with pytest.raises(APIError, match="400"):
        refresh(cloud, stack, delete_missing=True)
    assert cloud.sandbox.all_faults_used()
    report = refresh(cloud, stack, delete_missing=True)
    assert (report.outcome, report.deleted) == ("refreshed", ())
    assert len(versions(cloud, stack)) == 2


def test_no_documents_at_all_is_refused_unless_it_is_meant(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """An empty folder, or one that was not mounted, would delete everything."""
    stack = provisioned({"a.txt": HOURS})
    (tmp_path / "a.txt").unlink()
    for deletes in (True, False):
        with pytest.raises(RefusedError, match=r"no document found: .*allow_empty=true"):
            refresh(cloud, stack, delete_missing=deletes)
    assert cloud.changes() == []
    report = refresh(cloud, stack, delete_missing=True, allow_empty=True)
    assert (report.outcome, len(report.deleted)) == ("emptied", 1)
    assert (stored(cloud, stack), len(versions(cloud, stack))) == ([], 1)


def test_an_empty_source_beside_a_full_one_deletes_nothing(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """A mount point whose disk is away: each source must hold something, unless it is meant to hold nothing."""
    mounts = [tmp_path / "here", tmp_path / "away"]
    for mount in mounts:
        mount.mkdir()
    stack = provisioned(
        {"here/a.txt": HOURS, "away/b.txt": PARKING, "away/c.txt": "Кошка спит."},
        documents=tuple(map(str, mounts)),
    )
    for name in ("b.txt", "c.txt"):
        (tmp_path / "away" / name).unlink()
    with pytest.raises(RefusedError, match=rf"no document found: looked below {mounts[1]} .*allow_empty=true"):
        refresh(cloud, stack, delete_missing=True)
    assert cloud.changes() == []
    assert len(refresh(cloud, stack, delete_missing=True, allow_empty=True).deleted) == 2


def test_many_deletions_need_consent(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """The plan names them and says by which parameter; up to five are deleted without a question."""
    stack = provisioned({"a.txt": HOURS, **{f"{number}.txt": f"Текст {number}." for number in range(6)}})
    for number in range(6):
        (tmp_path / f"{number}.txt").unlink()
    expected = (
        rf"would delete 6 of the 7 documents in {stack.folder}, more than a fifth: 6: {stack.folder}0\.txt, .* and "
        r"1 more\. Correct documents, or set allow_many_deletions=true"
    )
    plan = refresh_rag(stack, cloud.name, delete_missing=True, plan_only=True)
    assert isinstance(plan, StackPlan)
    assert re.search(expected, plan.not_allowed[0])
    with pytest.raises(RefusedError, match=expected):
        refresh(cloud, stack, delete_missing=True)
    assert cloud.changes() == []
    (tmp_path / "0.txt").write_text("Текст 0.", encoding="utf-8")
    assert len(refresh(cloud, stack, delete_missing=True).deleted) == 5


def test_a_folder_that_became_empty_needs_consent(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """A disk that is mounted within the source is away; without its mount point the same is a deletion."""
    (tmp_path / "disk").mkdir()
    stack = provisioned({"a.txt": HOURS, "disk/b.txt": PARKING})
    (tmp_path / "disk/b.txt").unlink()
    with pytest.raises(RefusedError, match=r"folder disk holds nothing, .*/disk/b\.txt.*set allow_empty=true"):
        refresh(cloud, stack, delete_missing=True)
    assert cloud.changes() == []
    (tmp_path / "disk").rmdir()
    assert refresh(cloud, stack, delete_missing=True).deleted == (f"{stack.folder}disk/b.txt",)


def test_a_probe_whose_document_would_be_deleted_is_refused_first(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """After the deletion no version could pass it, and the document would be gone."""
    stack = provisioned({"a.txt": HOURS, "b.txt": PARKING})
    (tmp_path / "a.txt").unlink()
    with pytest.raises(ConfigurationError, match=r"expects a\.txt, which delete_missing would delete: correct source"):
        refresh(cloud, stack, delete_missing=True)
    golden = tmp_path.parent / f"{tmp_path.name}.jsonl"
    golden.write_text(
        '{"query": "Когда?", "expected_sources": ["a.txt"], "expected_phrases": ["девяти"]}', encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match=r"expects a\.txt, which is not among the documents"):
        refresh(cloud, stack, delete_missing=True, golden=str(golden))
    assert cloud.changes() == []
    assert refresh(cloud, stack).outcome == "unchanged"
    absent = ABOUT_HOURS.model_copy(update={"source": "c.txt"})
    with pytest.raises(ConfigurationError, match=r"expects c\.txt, which is not among the documents in s3://"):
        refresh(cloud, stack.model_copy(update={"probe": absent}))


def test_what_could_not_be_listed_is_not_deleted(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """A subfolder that became a link out of the folder, and a link whose target is away, are named."""
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    stack = provisioned(
        {"docs/a.txt": HOURS, "docs/sub/b.txt": PARKING, "docs/c.txt": "Кошка спит."},
        documents=(str(tmp_path / "docs"),),
    )
    (tmp_path / "docs/sub").rename(tmp_path / "sub")
    (tmp_path / "docs/sub").symlink_to("../sub")
    (tmp_path / "docs/c.txt").unlink()
    (tmp_path / "docs/c.txt").symlink_to("/away/c.txt")
    with pytest.raises(ConfigurationError) as refused:
        refresh(cloud, stack, delete_missing=True)
    assert sorted(line.split(" is a link to ")[1].split(":")[0] for line in str(refused.value).splitlines()) == [
        f"../sub, outside of {tmp_path / 'docs'}",
        "/away/c.txt, where nothing is",
    ]
    assert cloud.changes() == []


def reading(cloud: Cloud, stack: RagStack, **changes: Any) -> RagStack:
    """Return the stack with a knowledge base that reads otherwise."""
    base = KnowledgeBaseSpec.model_validate({"name": stack.knowledge_base.name, **changes})
    assert cloud.key(stack).name == base.name
    return stack.model_copy(update={"knowledge_base": base})


def test_a_document_is_not_dropped_without_a_word(cloud: Cloud, provisioned: Provisioned, tmp_path: Path) -> None:
    """A stack of txt and md, refreshed with the form's default: its plan names price.md, and the run needs consent."""
    text_and_md = {"extensions": ["txt", "md"], "extractors": [{"extensions": ["txt", "md"]}]}
    name = f"kb-reading-{tmp_path.name[-8:].strip('_').replace('_', '-')}"
    stack = provisioned(
        {"a.txt": HOURS, "price.md": PARKING},
        knowledge_base=KnowledgeBaseSpec.model_validate({"name": name, **text_and_md}),
    )
    write(tmp_path, {"new.txt": "Кошка спит."})
    narrow = reading(cloud, stack)
    for deletes in (False, True):
        plan = refresh_rag(narrow, cloud.name, plan_only=True, delete_missing=deletes)
        assert isinstance(plan, StackPlan)
        (row,) = [row for row in plan.rows if row.resource == "reading"]
        assert (row.name, row.reason) == ("md", f"no longer read: 1: {stack.folder}price.md")
        expected = r"md is no longer read: 1: .*price\.md.*set allow_other_reading=true"
        with pytest.raises(RefusedError, match=expected):
            refresh(cloud, narrow, delete_missing=deletes, force=deletes)
    assert cloud.changes() == []
    assert refresh(cloud, narrow, allow_other_reading=True).outcome == "refreshed"
    assert refresh(cloud, narrow).outcome == "unchanged"
    cloud.sandbox.control.delete("/requests")
    assert refresh(cloud, reading(cloud, stack, **text_and_md)).outcome == "refreshed"  # more needs no consent


def test_a_changed_splitter_is_a_change(cloud: Cloud, provisioned: Provisioned) -> None:
    """It needs consent, is built once, and stays unchanged afterwards."""
    stack = provisioned({"a.txt": HOURS, "b.txt": PARKING})
    split = {"extractors": [{"extensions": ["txt"], "splitter": {"chunk_tokens": 50, "separators": [" "]}}]}
    finer = reading(cloud, stack, **split)
    expected = r"txt is read otherwise \(separators is .*; chunk size is 400, not 50\): 2: .*a\.txt, .*b\.txt"
    for force in (False, True):
        with pytest.raises(RefusedError, match=expected):
            refresh(cloud, finer, force=force)
    assert cloud.changes() == []
    assert refresh(cloud, finer, allow_other_reading=True).outcome == "refreshed"
    assert refresh(cloud, finer).outcome == "unchanged"
    assert len(versions(cloud, stack)) == 2


def test_a_version_that_reads_otherwise_is_not_promoted_by_a_run_that_did_not_ask_for_it(
    cloud: Cloud, provisioned: Provisioned
) -> None:
    """A run with consent died after it had built: one with the stack as it was leaves that version alone."""
    stack = provisioned({"a.txt": HOURS})
    finer = reading(cloud, stack, extractors=[{"extensions": ["txt"], "splitter": {"chunk_tokens": 50}}])
    wrong = finer.model_copy(update={"probe": ABOUT_HOURS.model_copy(update={"phrase": "дирижабль"})})
    with pytest.raises(WrongAnswerError):
        refresh(cloud, wrong, allow_other_reading=True)
    first, second = versions(cloud, stack)
    assert refresh(cloud, stack).version_id == first
    report = refresh(cloud, finer, allow_other_reading=True)
    assert (report.outcome, report.version_id) == ("refreshed", second)
    assert versions(cloud, stack) == [first, second]


def test_what_no_version_changes_is_a_row(cloud: Cloud, provisioned: Provisioned) -> None:
    """Hybrid search is the base's: a refresh leaves it, and its plan says so."""
    stack = provisioned({"a.txt": HOURS})
    plan = refresh_rag(reading(cloud, stack, hybrid_search=True), cloud.name, plan_only=True)
    assert isinstance(plan, StackPlan)
    (row,) = [row for row in plan.rows if row.resource == "knowledge base"]
    assert (row.verb, row.reason) == ("keep", "hybrid search is off, not on: no version changes that")


def test_files_of_other_extensions_are_named_and_kinds_read_them(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A row and a warning with counts and what to set; with that choice they are read, and each keeps its mark."""
    stack = provisioned({"a.txt": HOURS})
    write(tmp_path, {"b.md": PARKING, "c.html": "<p>Кошка спит.</p>", "d.json": '{"a": "Собака бежит."}', "e.csv": "1"})
    plan = refresh_rag(stack, cloud.name, plan_only=True)
    assert isinstance(plan, StackPlan)
    (row,) = [row for row in plan.rows if row.resource == "other files"]
    assert plan.notes == (row.reason,)
    expected = "to read md, json, html set kinds of the knowledge base to all, or name them in its extensions; csv "
    assert (row.name, row.verb) == ("csv, html, json, md", "keep")
    assert expected in row.reason
    assert expected in caplog.text
    wide = reading(cloud, stack, kinds="all").model_copy(
        update={"probe": ABOUT_PARKING.model_copy(update={"source": "b.md"})}
    )
    plan = refresh_rag(wide, cloud.name, plan_only=True)
    assert isinstance(plan, StackPlan)
    (row,) = [row for row in plan.rows if row.resource == "kinds of file"]
    assert (row.name, row.reason.endswith("not confirmed: md, docx, html, json")) == ("all", True)
    report = refresh(cloud, wide)
    assert (report.outcome, len(report.new), report.unreadable) == ("refreshed", 3, ())
    assert report.passed_over.startswith("1 file of another extension is not read: 1 csv; csv cannot be read: ")
    assert report.passed_over in artifact("refresh", stack.knowledge_base.name)["data"]


def test_what_cannot_be_read_is_quarantined_until_it_changes(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """Listed with its reason, out of the folder, not tried by the next run; changed content is tried again."""
    base: dict[str, Any] = {
        "extensions": ["txt", "pdf"],
        "extractors": [{"extensions": ["txt"]}, {"extensions": ["pdf"], "reader": "pdf"}],
    }
    mark = tmp_path.name[-8:].replace("_", "-")
    spec = KnowledgeBaseSpec.model_validate({"name": f"kb-unreadable-{mark}", **base})
    stack = provisioned({"a.txt": HOURS}, knowledge_base=spec)
    name = "и\u0306од.pdf"  # as a Mac spells it
    (tmp_path / name).write_bytes(b"%PDF-1.7 and then nothing of a PDF")
    report = refresh(cloud, stack)
    assert (report.outcome, report.unreadable) == ("refreshed", (name,))
    assert stored(cloud, stack) == ["a.txt"]
    (kept,) = read_registry(cloud.key(stack)).values()
    assert kept.reason
    assert [row["document"] for row in json.loads(artifact("unreadable", spec.name)["data"])] == [name]

    cloud.sandbox.control.delete("/requests")
    again = refresh(cloud, stack, delete_missing=True)
    assert (again.outcome, again.unreadable) == ("unchanged", (name,))
    provision_rag(stack, cloud.name, cloud.name)
    assert cloud.changes() == []

    (tmp_path / name).write_bytes(b"%PDF-1.7 and then something else")
    assert refresh(cloud, stack).new == (f"{stack.folder}йод.pdf",)
    assert len(read_registry(cloud.key(stack))) == 1


@pytest.mark.parametrize("mended", [True, False], ids=["mended", "removed"])
def test_a_document_that_changed_during_the_build_is_not_quarantined(
    cloud: Cloud,
    provisioned: Provisioned,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    mended: bool,
) -> None:
    """What could not be read is what was sent: the mended file is sent by the next run, and not left out for good.

    What was removed stays in the folder, where nobody else may have it, and each build says so until it is deleted.
    """
    mark = tmp_path.name[-8:].replace("_", "-")
    pdf = {
        "extensions": ["txt", "pdf"],
        "extractors": [{"extensions": ["txt"]}, {"extensions": ["pdf"], "reader": "pdf"}],
    }
    spec = KnowledgeBaseSpec.model_validate({"name": f"kb-mended-{mark}", **pdf})
    stack = provisioned({"a.txt": HOURS}, knowledge_base=spec)
    damaged = tmp_path / "price.pdf"
    damaged.write_bytes(b"%PDF-1.7 and then nothing of a PDF")
    waited = wait_for_index.fn

    def changed_meanwhile(*args: Any) -> Any:
        damaged.write_bytes(b"%PDF-1.7 mended") if mended else damaged.unlink()
        return waited(*args)

    monkeypatch.setattr(wait_for_index, "fn", changed_meanwhile)
    assert refresh(cloud, stack).outcome == "refreshed"
    assert (read_registry(cloud.key(stack)), stored(cloud, stack)) == ({}, ["a.txt", "price.pdf"])
    monkeypatch.setattr(wait_for_index, "fn", waited)
    stays = f"{stack.folder}price.pdf could not be read, and no document of this run is it"
    assert (stays in caplog.text) is not mended
    if mended:
        assert refresh(cloud, stack).changed == (f"{stack.folder}price.pdf",)
        return
    caplog.clear()
    assert refresh(cloud, stack, force=True).changed == ()
    assert stays in caplog.text
    assert "refresh-rag with delete_missing=true deletes it" in caplog.text
    assert refresh(cloud, stack, delete_missing=True).deleted == (f"{stack.folder}price.pdf",)
    assert stored(cloud, stack) == ["a.txt"]


def test_what_provisioning_cannot_read_is_quarantined_too(cloud: Cloud, tmp_path: Path) -> None:
    """Found out by the first version, kept in mind, and no reason for a refresh to do anything."""
    extractors = [{"extensions": ["txt"]}, {"extensions": ["pdf"], "reader": "pdf"}]
    spec = KnowledgeBaseSpec.model_validate(
        {
            "name": f"kb-first-{tmp_path.name[-6:].strip('_').replace('_', '-')}",
            "extensions": ["txt", "pdf"],
            "extractors": extractors,
        }
    )
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of a PDF")
    write(tmp_path, {"a.txt": HOURS})
    stack = cloud.stack(documents=(str(tmp_path),), probe=ABOUT_HOURS, knowledge_base=spec)
    provision_rag(stack, cloud.name, cloud.name)
    cloud.sandbox.control.delete("/requests")
    assert stored(cloud, stack) == ["a.txt"]
    assert [known.name for known in read_registry(cloud.key(stack)).values()] == ["broken.pdf"]
    assert refresh(cloud, stack, delete_missing=True).outcome == "unchanged"
    assert cloud.changes() == []


def test_a_knowledge_base_that_is_not_there_is_said_so(cloud: Cloud) -> None:
    """Refreshing is not provisioning."""
    with pytest.raises(ConfigurationError, match=r"has no knowledge base .*run provision-rag first"):
        refresh(cloud, cloud.stack())
    assert cloud.changes() == []


def test_golden_questions_judge_and_a_bad_one_is_named_first(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A question whose source will not be there ends the run before anything is sent; a good one's scores are kept."""
    stack = provisioned({"a.txt": HOURS})
    write(tmp_path, {"b.txt": PARKING})
    golden = tmp_path_factory.mktemp("golden") / "golden.jsonl"
    question = '{"query": "Сколько стоит парковка?", "expected_sources": ["%s"], "expected_phrases": ["сорок рублей"]}'
    golden.write_text(question % "c.txt", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"expects c\.txt, which is not among"):
        refresh(cloud, stack, golden=str(golden))
    assert cloud.changes() == []
    golden.write_text(question % "b.txt", encoding="utf-8")
    report = refresh(cloud, stack, golden=str(golden))
    assert report.outcome == "refreshed"
    assert report.scores is not None
    assert report.scores["MRR"] == 1.0


def test_a_long_registry_is_kept_whole(cloud: Cloud, tmp_path: Path) -> None:  # noqa: ARG001  # the server must be up
    """More than one Prefect Variable holds; a shorter one leaves nothing of the longer behind."""
    documents = [Document(f"{number}.txt", UPath(tmp_path / f"{number}.txt")) for number in range(60)]
    for document in documents:
        document.path.write_bytes(document.name.encode())
    registry = dict(entry(document, "Причина " * 40) for document in documents)
    write_registry(LONG, registry)
    assert read_registry(LONG) == registry
    tried, left_out = split(documents, registry)
    assert (tried, len(left_out)) == ([], 60)
    write_registry(LONG, {sha256(documents[0]): registry[sha256(documents[0])]})
    assert len(read_registry(LONG)) == 1
    assert len(split(documents, read_registry(LONG))[0]) == 59
    write_registry(LONG, registry)
    forget(LONG)
    assert read_registry(LONG) == {}


def test_equal_documents_that_cannot_be_read_are_each_named(cloud: Cloud, tmp_path: Path) -> None:  # noqa: ARG001  # as above
    """The registry goes by content, and people go by names."""
    documents = [Document(name, UPath(tmp_path / name)) for name in ("x.pdf", "y.pdf", "z.txt")]
    for document in documents:
        document.path.write_bytes(b"text" if document.name == "z.txt" else b"damaged")
    registry = by_content(entry(document, "damaged") for document in documents[:2])
    assert [known.names for known in registry.values()] == [("x.pdf", "y.pdf")]
    tried, left_out = split(documents, registry)
    assert ([one.name for one in tried], [known.names for known in left_out.values()]) == (
        ["z.txt"],
        [("x.pdf", "y.pdf")],
    )


def test_a_document_is_not_deleted_because_its_new_content_cannot_be_read(
    cloud: Cloud, provisioned: Provisioned, tmp_path: Path
) -> None:
    """What was read last stays in the folder: the document is there, its new content is what no version can read."""
    stack = provisioned({"a.txt": HOURS, "z.txt": PARKING})
    write(tmp_path, {"z.txt": "damaged"})
    write_registry(cloud.key(stack), dict([entry(Document("y.txt", UPath(tmp_path / "z.txt")), "damaged")]))
    plan = refresh_rag(stack, cloud.name, delete_missing=True, plan_only=True)
    assert isinstance(plan, StackPlan)
    assert [(row.resource, row.reason) for row in plan.rows if row.verb == "delete"] == []
    kept = [row.reason for row in plan.rows if row.resource == "unreadable documents"]
    assert kept == ["1: z.txt: could not be read"]
