"""`refresh-rag` says what it is going to do, and with `plan_only` does no more than that."""

from pathlib import Path
from typing import Any, Literal

from domain.plan import Planned
from domain.probe import ProbeSpec
from flows.evaluate import rollback_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack, StackPlan
from tasks.run.plan_page import terminal_table
from tests.support.stacks import Cloud

PROBE = ProbeSpec(question="Когда открыт магазин?", source="hours.txt", phrase="с девяти до шести")


def planned(cloud: Cloud, stack: RagStack, **parameters: Any) -> list[tuple[str, str]]:
    """Return what would happen, after a look that nothing did; no price is told where nothing is paid for."""
    before = cloud.changes()
    plan = refresh_rag(stack, cloud.name, plan_only=True, **parameters)
    assert isinstance(plan, StackPlan)
    assert cloud.changes() == before
    assert "RUB" not in plan.summary
    assert terminal_table(plan).row_count == len(plan.rows)
    return [(row.resource, row.verb) for row in plan.rows]


def test_plan_of_a_refresh(cloud: Cloud, tmp_path: Path) -> None:
    """Nothing changed: all is kept; then one new, one of the same size and one deleted, which is kept unless asked."""
    for name, text in {"hours": "Магазин открыт с девяти до шести.", "a": "Раз.", "b": "Два."}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    stack = cloud.stack(documents=(str(tmp_path),), probe=PROBE)
    provision_rag(stack, cloud.name, cloud.name)
    assert planned(cloud, stack) == [("documents", "adopt"), ("version", "keep")]
    (tmp_path / "a.txt").write_text("Три.", encoding="utf-8")
    (tmp_path / "b.txt").rename(tmp_path / "c.txt")
    changed = [("new documents", "create"), ("changed documents", "update")]
    after = [("documents", "adopt"), ("version", "create")]
    assert planned(cloud, stack) == [*changed, ("other documents", "keep"), *after]
    assert planned(cloud, stack, delete_missing=True) == [*changed, ("missing documents", "delete"), *after]
    plan = refresh_rag(stack, cloud.name, plan_only=True, delete_missing=True)
    assert isinstance(plan, StackPlan)
    assert plan.summary == (
        "documents: 1 new, 1 changed, 1 to delete, 1 the same, 0 that could not be read; version: create"
    )


def test_a_document_whose_extension_changed_is_named(cloud: Cloud, tmp_path: Path) -> None:
    """Its deletion alone would look as if it were gone; a file of the same stem and another content is another one."""
    for name, text in {"hours": "Магазин открыт с девяти до шести.", "b": "Два.", "c": "Три."}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    stack = cloud.stack(documents=(str(tmp_path),), probe=PROBE)
    provision_rag(stack, cloud.name, cloud.name)
    (tmp_path / "b.txt").rename(tmp_path / "b.md")
    (tmp_path / "c.txt").unlink()
    (tmp_path / "c.md").write_text("Четыре.", encoding="utf-8")

    verbs: dict[bool, Literal["delete", "keep"]] = {True: "delete", False: "keep"}
    for deletes, verb in verbs.items():
        plan = refresh_rag(stack, cloud.name, plan_only=True, delete_missing=deletes)
        assert isinstance(plan, StackPlan)
        assert [row for row in plan.rows if row.resource == "renamed document"] == [
            Planned(
                "renamed document",
                f"{stack.folder}b.txt",
                verb,
                "its content now lies in b.md, and md is not read: set kinds of the knowledge base to text, or name it "
                "in its extensions",
            )
        ]


def test_a_plan_names_the_version_that_a_rollback_has_passed_over(cloud: Cloud, tmp_path: Path) -> None:
    """The one in service has not read the documents as they are, and no plan claims that, or that one is judged."""
    (tmp_path / "hours.txt").write_text("Магазин открыт с девяти до шести.", encoding="utf-8")
    stack = cloud.stack(documents=(str(tmp_path),), probe=PROBE)
    provision_rag(stack, cloud.name, cloud.name)
    (tmp_path / "a.txt").write_text("Раз.", encoding="utf-8")
    refreshed = refresh_rag(stack, cloud.name)
    rollback_rag(stack, cloud.name)

    refresh = refresh_rag(stack, cloud.name, plan_only=True)
    provision = provision_rag(stack, cloud.name, cloud.name, plan_only=True)

    assert isinstance(refresh, StackPlan)
    assert isinstance(provision, StackPlan)
    assert not isinstance(refreshed, StackPlan)
    newer = refreshed.version_id
    (version,) = [row for row in refresh.rows if row.resource == "version"]
    assert version.verb == "keep"
    assert version.reason.startswith(f"version {newer} has read the documents as they are and was passed over")
    (base,) = [row for row in provision.rows if row.resource == "knowledge base"]
    assert base.reason == f"version {newer} has read the newer documents and is not in service"
