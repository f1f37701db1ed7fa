"""What a refresh is going to do, for reading before it is done."""

from collections.abc import Sequence

from prefect import get_run_logger

from domain.consent import listed
from domain.file_kinds import passed_over
from domain.plan import Planned, StackPlan, kinds_rows, reading_rows
from domain.probe import ambiguous
from tasks.refresh.changes import Changes
from tasks.run.plan_page import show
from tasks.run.steps import step

RENAMED_SHOWN = 5


@step("plan")
def plan_refresh(
    stack_name: str,
    changes: Changes,
    expected_sources: Sequence[str] = (),
    kept: Sequence[Planned] = (),
    promote_refused: str = "",
) -> StackPlan:
    """Say what happens to the documents and which version there will be, and show it as a table.

    An expected source that means several documents is a note.
    """
    plan = changes.plan
    unreadable = [f"{name}: could not be read" for known in changes.left_out.values() for name in known.names]
    version = _version(changes, promote_refused)
    rows = (
        Planned("new documents", plan.folder, "create", listed(plan.new)) if plan.new else None,
        Planned("changed documents", plan.folder, "update", listed(plan.changed)) if plan.changed else None,
        Planned("missing documents", plan.folder, "delete", listed(plan.missing)) if plan.missing else None,
        Planned("other documents", plan.folder, "keep", listed(plan.others)) if plan.others else None,
        *(
            Planned("renamed document", key, "delete" if key in plan.missing else "keep", said)
            for key, said in list(changes.renamed.items())[:RENAMED_SHOWN]
        ),
        Planned("documents", plan.folder, "adopt", f"{len(plan.same)} the same") if plan.same else None,
        Planned("unreadable documents", plan.folder, "keep", listed(unreadable)) if unreadable else None,
        *reading_rows(changes.reading),
        *(
            Planned("knowledge base", changes.base.name, "keep", f"{line}: no version changes that")
            for line in changes.left
        ),
        *kinds_rows(changes.spec, changes.passed_over),
        version,
    )
    passed = [passed_over(changes.passed_over)] if changes.passed_over else []
    made = StackPlan(
        stack_name,
        (*kept, *(row for row in rows if row is not None)),
        notes=(*passed, *ambiguous(expected_sources, plan.leaves)),
        not_allowed=changes.not_allowed,
        counts=(
            f"documents: {len(plan.new)} new, {len(plan.changed)} changed, {len(plan.missing)} to delete, "
            f"{len(plan.same)} the same, {len(unreadable)} that could not be read; version: {version.verb}"
        ),
    )
    for line in passed:
        get_run_logger().warning("%s: %s", stack_name, line)
    get_run_logger().info("Plan for %s: %s", stack_name, made.summary)
    show(changes.stack, made)
    return made


def _version(changes: Changes, promote_refused: str) -> Planned:
    serving = changes.serving.knowledgebase_version_id
    if changes.built is not None:
        version_id = changes.built.knowledgebase_version_id
        refused = (
            {version_id, *(each.build.version_id for each in changes.refusals)} if changes.refusals else set[str]()
        )
        if promote_refused in refused:
            reason = "golden questions have refused it, and promote_refused overrules that: it is promoted"
        elif refused:
            reason = "golden questions have refused it: it is judged again and, when it passes, promoted"
        else:
            reason = "built, and not judged as it is: it is judged and, when it passes, promoted"
        return Planned("version", version_id, "adopt", reason)
    if not changes.wanted:
        if changes.passed_over_version:
            newer = f"version {changes.passed_over_version} has read the documents as they are and was passed over"
            reason = f"{newer}: force=true builds another one, evaluate-rag with version and promote judges that one"
            return Planned("version", serving, "keep", reason)
        return Planned("version", serving, "keep", "it has read the documents as they are")
    if changes.empties:
        return Planned("version", serving, "keep", "no document is left, so none can be built")
    return Planned("version", "", "create", f"judged before it takes the place of {serving[:8]}")
