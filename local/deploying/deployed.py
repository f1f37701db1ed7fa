"""The deployments that are on the Prefect server, and how they get there: Prefect's own `deploy`."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowFilterId
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse

from local.deploying.deployment_changes import Change, Deployed, entry
from local.deploying.deployment_file import DeploymentFile, Schedule, Wanted
from local.errors import LocalError

MARK = "managed-rag"
"""The tag of this project's deployments and automations."""
PAGE = 200
"""So many rows the server returns at most."""


def deployed(client: SyncPrefectClient, wanted: Iterable[Wanted]) -> list[Deployed]:
    """Return the deployments that carry the mark or have the name of a wanted one."""
    found: list[DeploymentResponse] = []
    while len(page := client.read_deployments(limit=PAGE, offset=len(found))) == PAGE:
        found += page
    found += page
    flows: dict[UUID, str] = {}
    flow_ids = list({each.flow_id for each in found})
    for first in range(0, len(flow_ids), PAGE):
        ids = FlowFilterId(any_=flow_ids[first : first + PAGE])
        flows |= {flow.id: flow.name for flow in client.read_flows(flow_filter=FlowFilter(id=ids))}
    names = {each.name for each in wanted}
    mine = (_deployed(each, flows[each.flow_id]) for each in found)
    return [each for each in mine if MARK in each.fields["tags"] or each.name in names]


def check_work_pools(client: SyncPrefectClient, wanted: Iterable[Wanted]) -> None:
    """Raise LocalError unless the server has the work pool of every deployment."""
    there = {pool.name for pool in client.read_work_pools(limit=PAGE)}
    for name in sorted({str(each.fields["work_pool_name"]) for each in wanted} - there):
        raise LocalError(
            f"the server has no work pool {name!r}; make it with `prefect work-pool create {name} --type process`, or "
            "name another one in deployments.yaml"
        )


def deploy(file: DeploymentFile, changes: Iterable[Change], *, prune: bool) -> None:
    """Let Prefect deploy what is new or differs; with `prune` delete what is not in the file."""
    entries = [entry(change, prune=prune) for change in changes if change.kind in ("create", "change")]
    if not entries:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deployments.yaml"
        file.copy(path, entries)
        command = (sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path))
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LocalError(f"`prefect deploy` ended with exit code {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def prune(client: SyncPrefectClient, changes: Iterable[Change]) -> None:
    """Delete the deployments, and the schedules of the others, that are not in the file."""
    for change in changes:
        assert change.deployed is not None  # noqa: S101  # what is deleted is on the server
        deployment_id = UUID(change.deployed.id)
        if change.kind == "gone":
            client.delete_deployment(deployment_id)
        for schedule in change.extra:
            client.delete_deployment_schedule(deployment_id, UUID(schedule.id))


def _deployed(response: DeploymentResponse, flow: str) -> Deployed:
    limit = response.global_concurrency_limit
    fields = {
        "description": response.description,
        "tags": sorted(response.tags),
        "parameters": response.parameters,
        "entrypoint": response.entrypoint,
        "work_pool_name": response.work_pool_name,
        "work_queue_name": response.work_queue_name,
        "job_variables": response.job_variables,
        "pull_steps": response.pull_steps,
        "concurrency_limit": limit.limit if limit else None,
        "collision_strategy": response.concurrency_options and response.concurrency_options.collision_strategy,
        "enforce_parameter_schema": response.enforce_parameter_schema,
        "version": response.version,
        "parameter_openapi_schema": response.parameter_openapi_schema,
    }
    schedules = tuple(map(_schedule, response.schedules))
    return Deployed(str(response.id), f"{flow}/{response.name}", fields, schedules)


def _schedule(found: DeploymentSchedule) -> Schedule:
    rule = found.schedule.model_dump(mode="json")
    return Schedule(found.slug or "", rule, found.parameters, found.active, str(found.id))
