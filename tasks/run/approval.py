"""A plan that replaces or costs much is not applied before somebody has allowed it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from prefect import get_run_logger
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from pydantic import Field

from blocks.cloudru import CloudRuCredentials
from clouds.errors import CloudError, RefusedError
from domain.keys import StackKey
from domain.markdown import one_line, page, table
from domain.plan import StackPlan
from domain.prices import total_text
from domain.probing.small_tests import SmallTest, total
from tasks.run.events import price_exceeded
from tasks.run.lock import Lock
from tasks.run.plan_page import starting_list
from tasks.run.prices import billing_note

APPROVED_WITHIN_S = 24 * 3600
LOOK_EVERY_S = 2


class NotApprovedError(CloudError):
    """A person has refused the plan, or it was not approved in time."""


class Approval(RunInput):
    """The form for the person who resumes the run; without a default, so that a refusal is deliberate."""

    approve: bool = Field(
        title="Approve", description="On: start these models. To change nothing, cancel the run instead."
    )


class SpendingApproval(RunInput):
    """The form for small tests; without a default, as above."""

    approve: bool = Field(
        title="Approve",
        description="On: make these tests, at this price. To spend nothing, run without Spend, or cancel the run.",
    )


class Planned(Protocol):
    """What a run has seen, with the plan that it has made of it."""

    @property
    def plan(self) -> StackPlan:
        """The plan."""
        ...


S = TypeVar("S", bound=Planned)


def look_until_allowed(
    cloudru: CloudRuCredentials, lock: Lock, look: Callable[[], S], above_rub_per_hour: float | None
) -> S:
    """Look until the plan needs no approval, or is the one that a person has approved, and return what was seen.

    A person may take a day, and meanwhile others may work on the stack: the lock is given back, and what was approved
    is looked at again.

    Raises:
        RefusedError: as `approval_reason`.
        NotApprovedError: as `wait_for_approval`.

    """
    approved: StackPlan | None = None
    while True:
        seen = look()
        reason = approval_reason(seen.plan, above_rub_per_hour)
        if not reason or seen.plan == approved:
            return seen
        with lock.released():
            wait_for_approval(cloudru, seen.plan, reason)
        approved = seen.plan


def approval_reason(plan: StackPlan, above_rub_per_hour: float | None) -> str:
    """Return why a person has to allow the plan; empty when none has to.

    Raises:
        RefusedError: it does something that needs a consent and lacks it, a replacement for example.

    """
    if plan.refusal:
        raise RefusedError(plan.refusal)
    check_allowed(plan)
    if above_rub_per_hour is None or not plan.may_cost_more_than(above_rub_per_hour):
        return ""
    return f"it starts {total_text(plan.starting_rub_per_hour)}, above {above_rub_per_hour:g}"


def check_allowed(plan: StackPlan) -> None:
    """Raise RefusedError when the plan needs a person's consent that it lacks; says which."""
    if plan.not_allowed:
        raise RefusedError("\n".join([*plan.not_allowed, "nothing was changed"]))


def wait_for_approval(cloudru: CloudRuCredentials, plan: StackPlan, reason: str) -> None:
    """Ask for approval, and return when a person has allowed the plan in the UI.

    Raises:
        NotApprovedError: a person has refused it, or it was not allowed in time.

    """
    get_run_logger().warning("The plan needs approval: %s. Resume this run in the UI.", reason)
    stack = StackKey(cloudru.project_id, plan.stack)
    price_exceeded(
        stack, f"the plan needs approval: {reason}", "open the run, Resume in its menu, turn Approve on; or Cancel"
    )
    form = Approval.with_initial_data(
        description=page(
            f"**{one_line(f'{plan.stack}: {reason}')}**", one_line(billing_note(cloudru)), starting_list(plan)
        )
    )
    _wait(form, f"the plan for {plan.stack}", reason)


def wait_for_spending(cloud: str, tests: Sequence[SmallTest]) -> None:
    """Return when a person has allowed these tests, each named with its price, in the UI.

    Raises:
        NotApprovedError: a person has refused them, or they were not allowed in time.

    """
    reason = f"they cost {total(tests)}"
    get_run_logger().warning("The small tests need approval: %s. Resume this run in the UI.", reason)
    rows = ([one_line(test.what), one_line(test.price)] for test in tests)
    form = SpendingApproval.with_initial_data(
        description=page(f"**{one_line(f'Small tests on {cloud}: {reason}')}**", table(["what is made", "price"], rows))
    )
    _wait(form, f"the small tests on {cloud}", reason)


def _wait(form: type[RunInput], what: str, reason: str) -> None:
    try:
        answer: Any = pause_flow_run(wait_for_input=form, timeout=APPROVED_WITHIN_S, poll_interval=LOOK_EVERY_S)
    except FlowPauseTimeout as error:
        raise NotApprovedError(f"{what} was not approved in time ({reason}); nothing was changed") from error
    if not answer.approve:
        raise NotApprovedError(f"{what} was not approved ({reason}); nothing was changed")
