"""Suspend a stack's inferences and resume them: idle GPUs need not be paid for."""

from collections.abc import Mapping, Sequence
from typing import Literal

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import SeenRun, find_among, plain_status
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.errors import ConfigurationError
from domain.keys import StackKey, artifact_key
from domain.own_runs import why_not_own
from domain.part import Part
from domain.prices import price_of
from domain.reports.power import UNTOUCHED, PowerChange, PowerReport, power_markdown
from domain.stack import RagStack
from tasks.run.artifacts import write_page
from tasks.run.events import alarm_when_failed
from tasks.run.ownership import read_ownership
from tasks.run.prices import billing_note, catalogue_prices
from tasks.run.progress import progress
from tasks.run.steps import LOOK_FIRST, left_of, step, stop_when_another_failed
from tasks.stack.inference import STAGES, stage
from tasks.stack.kept_stack import FoundStack


class FoundRun(Part):
    """An inference of the stack and its live run, None when there is none; `price` in RUB per hour while it is on.

    `not_own` says why the run of that name is not the stack's, `used_by` which other stack or base uses it; both are
    empty when that is not so.
    """

    model: InferenceSpec
    run: ModelRun | None
    price: float | None
    not_own: str = ""
    used_by: str = ""


@step("find-inferences", **LOOK_FIRST)
def find_inferences(
    cloudru: CloudRuCredentials, found: FoundStack, known: Mapping[str, RagStack], *, all_needed: bool
) -> list[FoundRun]:
    """Look for the live run of each inference of one's own, and whose it is.

    `known` are the stacks that are kept or deployed, by where each is written. `all_needed`: only the models that the
    stack names now, and each must be there; else those too that are only kept of it.

    Raises:
        ConfigurationError: one that is needed is missing, or is another model.

    """
    client = cloudru.get_client()
    prices, runs = catalogue_prices(client), client.inferences.list()
    ownership = read_ownership(cloudru, found, known, runs)
    seen: list[FoundRun] = []
    for model in found.stack.models if all_needed else found.models:
        if isinstance(model, InferenceSpec):
            listed = find_among(runs, model.name)
            run = client.inferences.get(listed.model_run_id) if listed else None
            if run is None:
                seen.append(FoundRun(model=model, run=None, price=None))
                continue
            not_own = why_not_own(run, found.specs(model.name), cloudru.assumptions.inference, ownership.embedders)
            used_by = ownership.used_by(run, model)
            seen.append(FoundRun(model=model, run=run, price=price_of(run, prices), not_own=not_own, used_by=used_by))
    missing = [each.model.name for each in seen if each.run is None]
    strange = [f"{each.model.name} ({each.not_own})" for each in seen if each.not_own]
    if all_needed and (missing or strange):
        raise ConfigurationError(
            f"there is no run of {', '.join([*missing, *strange])} to resume; provision-rag creates what is missing"
        )
    return seen


@step("suspend", run_name="suspend {found.model.name}", **LOOK_FIRST)
def suspend_inference(cloudru: CloudRuCredentials, found: FoundRun, *, suspend_shared: bool) -> PowerChange:
    """Suspend the run and wait until it is SUSPENDED; one that is suspended, has failed or is not there is left.

    So is one that is not the stack's, and one that another stack uses, unless `suspend_shared`.
    """
    model, run = found.model, found.run
    if run is None:
        return PowerChange(name=model.name, run_id="", before="", after="", action="absent", price_rub_per_hour=None)
    if run.status in UNTOUCHED or found.not_own or (found.used_by and not suspend_shared):
        return _changed(found, run, run, "kept")
    inferences = cloudru.get_client().inferences
    with progress(
        artifact_key("suspend", cloudru.project_id, model.name), f"Until {model.name} is suspended", total=2
    ) as advance:
        if run.status != ModelRunStatus.ON_SUSPENSION:
            inferences.suspend(run.model_run_id)

        def on_look(seen: ModelRun, _elapsed_s: float) -> None:
            advance(int(seen.status == ModelRunStatus.ON_SUSPENSION), plain_status(seen))

        after = inferences.wait_suspended(run.model_run_id, deadline_s=left_of(model.ready_within_s), on_look=on_look)
        advance(2, "SUSPENDED")
    return _changed(found, run, after, "suspended")


@step("resume", run_name="resume {found.model.name}", **LOOK_FIRST)
def resume_inference(cloudru: CloudRuCredentials, found: FoundRun) -> PowerChange:
    """Resume the run if it is suspended, and wait until it answers as its task asks."""
    model, run = found.model, found.run
    assert run is not None  # noqa: S101  # find_inferences saw to it
    inferences = cloudru.get_client().inferences
    with progress(
        artifact_key("resume", cloudru.project_id, model.name), f"Until {model.name} answers", total=len(STAGES) + 1
    ) as advance:
        woken = inferences.wake(run)

        def on_look(seen: SeenRun, _elapsed_s: float) -> None:
            stop_when_another_failed()
            advance(stage(seen.run), str(seen))

        with alarm_when_failed():
            ready = inferences.wait_ready(
                run.model_run_id, task=model.task, deadline_s=left_of(model.ready_within_s), on_look=on_look
            )
        advance(len(STAGES) + 1, ready.proof)
    return _changed(found, run, ready.run, "kept" if woken is run else "resumed", ready.proof)


@step("report")
def report_power(cloudru: CloudRuCredentials, stack: str, cloud: str, changes: Sequence[PowerChange]) -> PowerReport:
    """Say what was done, as an artifact and in the log; return the flow's result."""
    report = PowerReport(stack=stack, cloud=cloud, changes=tuple(changes))
    shown = power_markdown(report, billing_note(cloudru))
    write_page(StackKey(cloudru.project_id, stack), "power", shown, f"Power of the stack {stack}")
    for change in report.changes:
        why = f": {change.reason}" if change.reason else ""
        get_run_logger().info("%s: %s (%s)%s", change.name, change.action, change.after or "there is no run", why)
    return report


def _changed(
    found: FoundRun, before: ModelRun, after: ModelRun, action: Literal["suspended", "resumed", "kept"], proof: str = ""
) -> PowerChange:
    return PowerChange(
        name=before.name,
        run_id=before.model_run_id,
        before=plain_status(before),
        after=plain_status(after),
        action=action,
        price_rub_per_hour=found.price,
        proof=proof,
        reason=found.not_own or found.used_by,
    )
