"""What a refresh did, as data and for reading."""

from typing import Literal

from clouds.cloudru.knowledge import EnsuredKnowledgeBase
from domain.markdown import Markdown, code, one_line, page
from domain.part import Part
from domain.reports.stack import StepReport

NAMED = 100
"""So many documents of each kind stand in the artifact."""


class RefreshReport(Part):
    """What changed, and which version is in service now.

    unchanged: nothing was sent, deleted or built. refreshed: a version of the documents was built, judged and promoted.
    `differences` say where the stack of this run is not the one that is kept.
    emptied: the folder holds no document any more, so nothing could be built; the version still answers from what was.
    `overruled` says that a person has put the version in service there although it was refused.
    `passed_over` counts the files of other extensions and says what to set.
    """

    cloud: str
    knowledge_base: str
    outcome: Literal["unchanged", "refreshed", "emptied"]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    same: int
    unreadable: tuple[str, ...]
    equal: tuple[tuple[str, ...], ...] = ()
    version_id: str
    previous_version_id: str | None
    scores: dict[str, float] | None
    steps: tuple[StepReport, ...]
    duration_s: float
    overruled: str = ""
    differences: tuple[str, ...] = ()
    passed_over: str = ""


def counts(result: RefreshReport) -> str:
    """Return how many documents of each kind there were."""
    return (
        f"{len(result.new)} new, {len(result.changed)} changed, {len(result.deleted)} deleted, {result.same} the same, "
        f"{len(result.unreadable)} that could not be read"
    )


def markdown(result: RefreshReport, ensured: EnsuredKnowledgeBase | None) -> Markdown:
    """Return the report for reading."""
    begun = f", {ensured.action} by this run" if ensured else ""
    after = f", after {code(result.previous_version_id)}" if result.previous_version_id else ""
    so = f", **{one_line(result.overruled)}**" if result.overruled else ""
    lists = [
        f"## {title}\n\n" + "\n".join(f"- {code(key)}" for key in keys[:NAMED]) + _rest(len(keys) - NAMED)
        for title, keys in (
            ("New", result.new),
            ("Changed", result.changed),
            ("Deleted", result.deleted),
            ("Could not be read", result.unreadable),
            ("Equal to each other", [" = ".join(keys) for keys in result.equal]),
        )
        if keys
    ]
    return page(
        f"# {one_line(result.knowledge_base)} on {code(result.cloud)}: {result.outcome}",
        f"Documents: {counts(result)}.",
        f"Passed over: {one_line(result.passed_over)}." if result.passed_over else "",
        f"In service: version {code(result.version_id)}{begun}{after}{so}. {result.duration_s:.1f} s in all.",
        *lists,
    )


def _rest(count: int) -> str:
    return f"\n- and {count} more" if count > 0 else ""
