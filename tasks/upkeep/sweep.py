"""Endpoints that no stack claims: found by comparing the project's runs with the stacks that are known."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from pydantic import BaseModel, ValidationError

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import GONE, find_among
from clouds.cloudru.wire.inference import ModelRun
from clouds.errors import ConfigurationError
from domain.expected import Expected
from domain.kept_stack import KeptStack
from domain.keys import StackKey, artifact_key
from domain.part import Part
from domain.prices import rub_per_hour, total_text
from domain.reports.status import ResourceStatus
from domain.reports.sweep import SweepReport
from domain.stack import RagStack
from tasks.run.artifacts import write_table
from tasks.run.ownership import inferences_of
from tasks.run.prices import billing_note, catalogue_prices
from tasks.run.progress import progress
from tasks.run.results import keep_result
from tasks.run.steps import LOOK_FIRST, left_of, step
from tasks.stack.kept_stack import kept_stacks
from tasks.upkeep.status import inference_status

S = TypeVar("S", bound=BaseModel)
PAGE_SIZE = 100
GONE_WITHIN_S = 3600.0


class Endpoints(Part):
    """The live runs of the project: those that no stack claims, and by name why the others are claimed."""

    unclaimed: tuple[ResourceStatus, ...]
    claimed: dict[str, str]


def claims_of(stacks: Mapping[str, RagStack], claimed_names: Sequence[str]) -> dict[str, str]:
    """Return who claims an inference, by its name: the caller, and the stacks, by where each is written."""
    claims = dict.fromkeys(claimed_names, "claimed_names")
    for place, stack in stacks.items():
        for model in inferences_of(stack):
            claims.setdefault(model.name, place)
    return claims


def known_stacks(cloudru: CloudRuCredentials, *, wanted: bool) -> dict[str, RagStack]:
    """Return the stacks of the project by where each is written: a block, or a deployment of one that is not kept.

    Of a kept one it is what was provisioned and, with `wanted`, what is wanted too.

    Raises:
        ConfigurationError: as `stacks_of` and `kept_stacks`.

    """
    kept, found = kept_stacks(cloudru.project_id), dict[str, RagStack]()
    for name, each in kept.items():
        place = f"block {StackKey(cloudru.project_id, name).block}"
        if each.provisioned is not None:
            found[place] = each.provisioned
        if wanted and each.wanted is not None and each.wanted != each.provisioned:
            found[f"{place} (wanted)"] = each.wanted
    deployed = stacks_of("provision-rag", RagStack)
    return found | {place: stack for place, stack in deployed.items() if stack.knowledge_base.name not in kept}


def expecting(cloudru: CloudRuCredentials) -> dict[str, KeptStack]:
    """Return what is kept of every stack of the project, by name, and the stacks that only a deployment knows.

    Raises:
        ConfigurationError: as `stacks_of` and `kept_stacks`.

    """
    deployed = stacks_of("provision-rag", RagStack).values()
    return {stack.knowledge_base.name: KeptStack(provisioned=stack) for stack in deployed} | kept_stacks(
        cloudru.project_id
    )


def stacks_of(flow_name: str, stack_kind: type[S]) -> dict[str, S]:
    """Return the parameter `stack` of each deployment of a flow, by `deployment flow/deployment`.

    Raises:
        ConfigurationError: a deployment holds what is no stack, so what it claims is not known.

    """
    stacks: dict[str, S] = {}
    for deployment, parameters in _deployments(flow_name).items():
        try:
            stacks[f"deployment {deployment}"] = stack_kind.model_validate(parameters.get("stack") or {})
        except ValidationError as error:
            raise ConfigurationError(
                f"which endpoints the deployment {deployment} claims is not known: its parameter stack is not valid "
                f"({error.errors()[0]['msg']}); correct or delete the deployment"
            ) from error
    return stacks


def _deployments(flow_name: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of each deployment of a flow, by `flow/deployment`."""
    found: dict[str, dict[str, Any]] = {}
    offset = 0
    with get_client(sync_client=True) as client:
        while True:
            flows = FlowFilter(name=FlowFilterName(any_=[flow_name]))
            page = client.read_deployments(flow_filter=flows, limit=PAGE_SIZE, offset=offset)
            found.update((f"{flow_name}/{deployment.name}", deployment.parameters) for deployment in page)
            offset += len(page)
            if len(page) < PAGE_SIZE:
                return found


@step("find-unclaimed", **LOOK_FIRST)
def find_unclaimed(cloudru: CloudRuCredentials, claims: Mapping[str, str], delete_names: Sequence[str]) -> Endpoints:
    """Compare the live runs with `claims` (who claims it, by name of the run) and with the knowledge bases.

    A run that got a suffix because its name was taken is claimed by the stack that names it without; a run that a
    knowledge base was built with is claimed by that base.

    Raises:
        ConfigurationError: a name to delete is claimed, or no run ever had it; nothing was deleted.

    """
    client = cloudru.get_client()
    runs = client.inferences.list()
    live = {run.name: run for run in runs if run.status not in GONE}
    claimed = _claimed(client, runs, claims)
    _check(delete_names, {run.name for run in runs}, claimed)
    prices = catalogue_prices(client)
    unclaimed = [
        inference_status(client.inferences.get(run.model_run_id), prices)
        for name, run in live.items()
        if name not in claimed
    ]
    return Endpoints(unclaimed=tuple(unclaimed), claimed=claimed)


@step("delete", run_name="delete {endpoint.name}", **LOOK_FIRST)
def delete_endpoint(cloudru: CloudRuCredentials, endpoint: ResourceStatus) -> str:
    """Delete one run and wait until it is gone; return its name."""
    inferences = cloudru.get_client().inferences
    with progress(
        artifact_key("delete", cloudru.project_id, endpoint.name), f"Until {endpoint.name} is gone", total=1
    ) as advance:
        inferences.delete(endpoint.id)
        inferences.wait_gone(endpoint.id, deadline_s=left_of(GONE_WITHIN_S))
        advance(1, "gone")
    return endpoint.name


@step("report")
def report_sweep(
    cloudru: CloudRuCredentials,
    cloud: str,
    endpoints: Endpoints,
    deleted: Sequence[str],
    expected: Sequence[Expected],
) -> SweepReport:
    """Write the table artifacts and return the flow's result."""
    costs = [endpoint.cost_rub_per_hour for endpoint in endpoints.unclaimed]
    told = f"{len(endpoints.unclaimed)} endpoints that no stack claims on {cloud}: {total_text(costs)}"
    rows = [
        {
            "endpoint": endpoint.name,
            "state": endpoint.state,
            "model": endpoint.what,
            "created at": endpoint.created_at.isoformat() if endpoint.created_at else "",
            "RUB per hour now": rub_per_hour(endpoint.cost_rub_per_hour),
            "action": "deleted" if endpoint.name in deleted else "listed",
            "id": endpoint.id,
        }
        for endpoint in endpoints.unclaimed
    ]
    write_table(
        StackKey(cloudru.project_id, ""), "sweep", rows, "\n\n".join(filter(None, (told, billing_note(cloudru))))
    )
    _show_expected(StackKey(cloudru.project_id, ""), cloud, expected)
    get_run_logger().info("%s; deleted: %s", told, ", ".join(deleted) or "none")
    report = SweepReport(
        cloud=cloud,
        unclaimed=endpoints.unclaimed,
        claimed=endpoints.claimed,
        deleted=tuple(deleted),
        expected=tuple(expected),
    )
    return keep_result(StackKey(cloudru.project_id, ""), "sweep", report)


def _show_expected(owner: StackKey, cloud: str, expected: Sequence[Expected]) -> None:
    rows = [
        {
            "stack": each.stack,
            "resource": each.kind,
            "name": each.name,
            "state": each.state,
            "in service": "yes" if each.serves else "no",
        }
        for each in expected
    ]
    not_there = sum(each.state != "there" for each in expected)
    description = f"What stacks expect on {cloud}: {len(rows)} resources, {not_there} of them not there"
    write_table(owner, "sweep-expected", rows, description)


def _claimed(client: CloudRuClient, runs: Sequence[ModelRun], claims: Mapping[str, str]) -> dict[str, str]:
    claimed: dict[str, str] = {}
    for name, by in claims.items():
        run = find_among(runs, name)
        if run is not None:
            claimed.setdefault(run.name, by)
    names = {run.model_run_id: run.name for run in runs if run.status not in GONE}
    for base in client.knowledge_bases.list():
        embedder = names.get(base.embedder.model_id) if base.embedder else None
        if embedder is not None:
            claimed.setdefault(embedder, f"knowledge base {base.name}, which was built with it")
    return claimed


def _check(delete_names: Sequence[str], known: set[str], claimed: Mapping[str, str]) -> None:
    held = [f"{name} (by {claimed[name]})" for name in delete_names if name in claimed]
    if held:
        raise ConfigurationError(
            f"nothing was deleted: these endpoints are claimed: {', '.join(held)}; take them out of delete_names, or "
            "run teardown-rag for their stack"
        )
    strange = [name for name in delete_names if name not in known]
    if strange:
        raise ConfigurationError(
            f"nothing was deleted: there is no endpoint {', '.join(strange)} in this project; delete_names takes exact "
            "names, as sweep-rag lists them"
        )
