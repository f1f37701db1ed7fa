"""After a run has failed: what of it still costs money and, when that was asked for, its end."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import GONE, EnsuredRun
from clouds.cloudru.knowledge import EnsuredKnowledgeBase
from clouds.errors import CloudError
from domain.cleanup import Left, OnFailure
from domain.keys import StackKey
from domain.plan import Planned, StackPlan
from domain.prices import rub_per_hour, total_text
from tasks.run.artifacts import write_table
from tasks.run.prices import billing_note
from tasks.run.steps import step

UNPROVEN = "kept: nothing proves that this run has created it"


@step("after-failure")
def after_failure(
    cloudru: CloudRuCredentials,
    plan: StackPlan,
    on_failure: OnFailure,
    created: Collection[str],
    *,
    answered: bool,
) -> tuple[Left, ...]:
    """Say what is there now; `remove_created` removes the inferences and the base that this run itself has created.

    `created` are the ids that its steps report as created: whatever else is there under a planned name may be another
    client's, so it is named and kept. Nothing of a stack that has `answered` is removed: it may serve already.
    Documents, bucket and secret stay: the next run begins with them.
    """
    client, removes = cloudru.get_client(), on_failure == "remove_created" and not answered
    bases = {base.name: base.knowledgebase_id for base in client.knowledge_bases.family(plan.stack)}
    runs = {run.name: run.model_run_id for run in client.inferences.list() if run.status not in GONE}
    left: list[Left] = []
    for row in plan.rows:
        if row.resource == "knowledge base" and row.verb != "delete" and row.name in bases:
            action = _action(row, bases[row.name] in created)
            state = _end(client.knowledge_bases.delete, bases[row.name], action, removes=removes)
            left.append(Left(row.resource, row.name, bases[row.name], action, state, False, None))  # noqa: FBT003
    for row in plan.rows:  # after the base: without its embedder a base is of no use
        if row.paid and row.name in runs:
            action = _action(row, runs[row.name] in created)
            state = _end(client.inferences.delete, runs[row.name], action, removes=removes)
            left.append(Left("inference", row.name, runs[row.name], action, state, True, row.rub_per_hour))  # noqa: FBT003
    _tell(StackKey(cloudru.project_id, plan.stack), left, billing_note(cloudru))
    return tuple(left)


def created_ids(ensuring: Iterable[PrefectFuture[Any]]) -> frozenset[str]:
    """Return the ids of the model runs and the knowledge base that these steps prove to be created by this run.

    What was found after the answer to a create was lost is not among them: another client may have made it.
    """
    ids: set[str] = set()
    for future in ensuring:
        outcome = future.state.result(raise_on_failure=False) if future.state.is_completed() else None
        if isinstance(outcome, EnsuredRun) and outcome.action == "created" and outcome.proven:
            ids.add(outcome.run.model_run_id)
        if isinstance(outcome, EnsuredKnowledgeBase) and outcome.action == "created" and outcome.proven:
            ids.add(outcome.knowledge_base.knowledgebase_id)
    return frozenset(ids)


def _action(row: Planned, is_created: bool) -> str:  # noqa: FBT001  # one fact
    """Return what this run has done to it; `found`: the plan wanted to create it, and no step reports that it has."""
    if is_created:
        return "created"
    return {"create": "found", "replace": "found", "resume": "resumed"}.get(row.verb, "adopted")


def _end(delete: Callable[[str], None], resource_id: str, action: str, *, removes: bool) -> str:
    if removes and action == "found":
        return UNPROVEN
    if not removes or action != "created":
        return "kept"
    try:
        delete(resource_id)
    except CloudError as error:  # the run's own reason must not be lost over this one
        return f"not removed: {error}"
    return "removed"


def _tell(stack: StackKey, left: Sequence[Left], note: str) -> None:
    paid = [each for each in left if each.paid and each.is_there]
    total = total_text(each.price for each in paid)
    if paid:
        get_run_logger().warning(
            "The run has failed, and what it leaves costs %s: %s. Run again to go on with it; suspend-rag or "
            "teardown-rag ends the cost, and on_failure=remove_created does it for what a failed run has created.",
            total,
            ", ".join(f"{each.name} ({each.id})" for each in paid),
        )
    for each in left:
        if each.state != "kept":
            get_run_logger().info("%s (%s), %s by this run: %s", each.name, each.id, each.action, each.state)
    if left:
        write_table(
            stack,
            "left",
            [
                {
                    "resource": each.resource,
                    "name": each.name,
                    "by this run": each.action,
                    "now": each.state,
                    "RUB per hour": rub_per_hour(each.price) if each.paid else "",
                    "id": each.id,
                }
                for each in left
            ],
            "\n\n".join(filter(None, (f"What the failed run of {stack.name} leaves: {total}", note))),
        )
