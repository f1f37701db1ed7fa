"""The page of a rollback: which version answers again, which one has left, and what to do next."""

from domain.keys import StackKey
from domain.promotion import RolledBack
from domain.reports.rollback import markdown
from tasks.run.artifacts import write_page
from tasks.run.steps import step


@step("report")
def report_rollback(stack: StackKey, now: RolledBack) -> RolledBack:
    """Write the artifact and return the flow's result."""
    write_page(stack, "rollback", markdown(stack, now), f"Version {now.version_id} of {stack.name} is in service again")
    return now
