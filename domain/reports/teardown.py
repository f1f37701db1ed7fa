"""What a teardown did, as data and for reading."""

from typing import Literal

from domain.markdown import Markdown, code, one_line, page, text_table
from domain.part import Part
from domain.prices import total_text
from domain.teardown import Kind, TeardownPlan

DONE = {"delete": "deleted", "absent": "absent", "keep": "kept"}


class TornDown(Part):
    """What became of one resource."""

    kind: Kind
    name: str
    id: str
    outcome: Literal["deleted", "absent", "kept"]
    reason: str


class TeardownReport(Part):
    """What became of the stack; with `plan_only` nothing has, and `plan` says what would."""

    cloud: str
    plan: TeardownPlan
    resources: tuple[TornDown, ...]


def saved(result: TeardownReport) -> str:
    """Return what the end of the models saves, in words."""
    gone = {torn.id for torn in result.resources if torn.outcome == "deleted"}
    return f"Saves {total_text(each.cost_rub_per_hour for each in result.plan.inferences if each.id in gone)}"


def markdown(result: TeardownReport, note: str = "") -> Markdown:
    """Return the report for reading; `note` says where its prices are not billed."""
    plan = result.plan
    rows = [(torn.kind, torn.name, torn.outcome, torn.reason, torn.id) for torn in result.resources]
    rows += [("in service", words, "not found", "no teardown-rag deleted it", "") for words in plan.vanished]
    return page(
        f"# {one_line(plan.stack)} on {code(result.cloud)} is torn down",
        f"**{saved(result)}**",
        one_line(note),
        text_table(("resource", "name", "outcome", "why", "id"), rows),
    )
