"""A plan for reading: a table artifact, and a table in the terminal when somebody sits at one."""

from rich.table import Table
from rich.text import Text

from domain.keys import StackKey
from domain.markdown import Markdown, code
from domain.plan import Planned, StackPlan
from domain.prices import rub_per_hour, total_text
from tasks.run.artifacts import write_table
from tasks.run.progress import watched_console
from tasks.run.results import keep_result

HEAD = ("resource", "name", "action", "RUB per hour", "reason")
"""The reason last: it is the longest, and the UI cuts a table off at its right edge."""


def show(stack: StackKey, plan: StackPlan) -> None:
    """Write the artifact, and print the table when a person watches."""
    write_table(
        stack,
        "plan",
        [dict(zip(HEAD, _cells(row), strict=True)) for row in plan.rows],
        "\n\n".join((f"Plan for {plan.stack}: {plan.summary}", *plan.by_use, *plan.notes, *plan.not_allowed)),
    )
    keep_result(stack, "plan", plan)
    console = watched_console()
    if console:
        console.print(terminal_table(plan))


def terminal_table(plan: StackPlan) -> Table:
    """Return the plan for a terminal."""
    shown = Table(
        *HEAD,
        title=Text(f"Plan for {plan.stack}"),
        caption=Text("\n".join((plan.summary, *plan.by_use, *plan.notes, *plan.not_allowed))),
    )
    for row in plan.rows:
        shown.add_row(*map(Text, _cells(row)))
    return shown


def starting_list(plan: StackPlan) -> Markdown:
    """Return the models that the run starts as a Markdown list: short, since what it asks for stands below it."""
    return Markdown(
        "\n".join(
            f"- {row.resource} {code(row.name)}: {row.verb}, {total_text([row.rub_per_hour])}" for row in plan.starting
        )
    )


def _cells(row: Planned) -> tuple[str, ...]:
    return (row.resource, row.name, row.verb, rub_per_hour(row.rub_per_hour) if row.paid else "", row.reason)
