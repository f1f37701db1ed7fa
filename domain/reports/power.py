"""What suspending or resuming did, as data and for reading."""

from typing import Literal

from clouds.cloudru.wire.inference import ModelRunStatus
from domain.markdown import Markdown, code, one_line, page, text_table
from domain.part import Part
from domain.prices import rub_per_hour, total_text

UNTOUCHED = frozenset({ModelRunStatus.SUSPENDED, ModelRunStatus.FAILED})
"""There is nothing to suspend."""


class PowerChange(Part):
    """What was done to one inference; states as the console writes them, prices in RUB per hour."""

    name: str
    run_id: str
    before: str
    after: str
    action: Literal["suspended", "resumed", "kept", "absent"]
    price_rub_per_hour: float | None
    proof: str = ""
    reason: str = ""
    """Why it stays as it is, or what else uses it."""

    @property
    def stays_for_others(self) -> bool:
        """Whether it costs on although the stack sleeps: another one uses it, or it is not the stack's."""
        return bool(self.action == "kept" and self.reason and self.after not in ("SUSPENDED", "FAILED"))


class PowerReport(Part):
    """What was done to the inferences of a stack; `differences` say where it is not the one that is kept."""

    stack: str
    cloud: str
    changes: tuple[PowerChange, ...]
    differences: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[PowerChange, ...]:
        """Those that are not as they were."""
        return tuple(change for change in self.changes if change.action in ("suspended", "resumed"))


def summary(report: PowerReport) -> str:
    """Return in one line how many were suspended or resumed, and what that saves or costs."""
    changed, text = report.changed, "Nothing to do"
    if changed:
        sum_text = total_text(change.price_rub_per_hour for change in changed)
        saved = "saves" if changed[0].action == "suspended" else "costs again"
        text = f"{changed[0].action.capitalize()}: {len(changed)}; {saved} {sum_text}"
    shared = [change for change in report.changes if change.stays_for_others]
    if shared:
        stay = f"{len(shared)} stay as they are: another stack uses them, or they are not this stack's"
        text = f"{text}; {stay}. suspend_shared suspends what is shared"
    return text


def power_markdown(report: PowerReport, note: str = "") -> Markdown:
    """Return the report for reading; `note` says where its prices are not billed."""
    rows = [
        (
            change.name,
            change.run_id,
            change.before,
            change.after,
            change.action,
            rub_per_hour(change.price_rub_per_hour),
            change.proof,
            change.reason,
        )
        for change in report.changes
    ]
    head = ("inference", "id", "was", "is", "action", "RUB per hour while on", "proof", "why, or used by")
    return page(
        f"# {one_line(report.stack)} on {code(report.cloud)}",
        f"**{summary(report)}**",
        one_line(note),
        text_table(head, rows),
    )
