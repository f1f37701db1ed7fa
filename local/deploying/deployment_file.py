"""deployments.yaml as Prefect reads it: what every deployment should be, and a copy that deploys only some of them."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.cli.deploy._schedules import (
    _schedule_config_to_deployment_schedule,  # pyright: ignore[reportPrivateUsage]  # the reading that the CLI does
)
from prefect.exceptions import PrefectException
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.utilities.templating import apply_values, resolve_block_document_references, resolve_variables
from pydantic import ValidationError

from local.errors import LocalError

FILE = "deployments.yaml"
NOT_COMPARED = ("triggers", "sla")


@dataclass(frozen=True)
class Schedule:
    """When runs are due: `rule` is Prefect's JSON of cron, interval or recurrence. Its slug identifies it."""

    slug: str
    rule: dict[str, Any]
    parameters: dict[str, Any]
    active: bool
    id: str = ""
    """On the server."""

    @property
    def key(self) -> str:
        """Return what stays the same when the schedule changes; without a slug that is the rule itself."""
        return self.slug or str(sorted(self.rule.items()))

    def __str__(self) -> str:
        rule = " ".join(f"{name} {value}" for name, value in self.rule.items() if name in ("cron", "interval", "rrule"))
        return f"{rule} {self.rule.get('timezone') or ''}".strip()


@dataclass(frozen=True)
class Wanted:
    """A deployment of the file: `name` is flow/deployment, `entry` its lines, `fields` what the server should hold."""

    name: str
    entry: dict[str, Any]
    fields: dict[str, Any]
    schedules: tuple[Schedule, ...]


@dataclass(frozen=True)
class DeploymentFile:
    """The file: its lines, and the deployments."""

    content: dict[str, Any]
    deployments: tuple[Wanted, ...]

    def copy(self, path: Path, entries: list[dict[str, Any]]) -> None:
        """Write a file with the same pull step and only these deployments."""
        path.write_text(yaml.safe_dump({**self.content, "deployments": entries}, allow_unicode=True), encoding="utf-8")


def read(path: Path, name: str | None = None) -> DeploymentFile:
    """Read the file and load its flows; of the deployments all, or those called `name`.

    Raises:
        LocalError: the file is not what Prefect reads; says where.

    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        model = PrefectYamlModel.model_validate(content)
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]  # those after it often follow from it
        place = ".".join(map(str, first["loc"]))
        raise LocalError(f"{path.name} is not what Prefect reads: {place}: {first['msg']}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LocalError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    entries: list[dict[str, Any]] = content.get("deployments") or []
    configs = [each.model_dump(exclude_unset=True, mode="json") for each in model.deployments]
    wanted = [
        _read(entry, config, content.get("pull"))
        for entry, config in zip(entries, configs, strict=True)
        if name is None or config.get("name") == name
    ]
    return DeploymentFile(content, tuple(wanted))


def _read(entry: dict[str, Any], config: dict[str, Any], pull: Any) -> Wanted:
    title = f"{config.get('name') or 'a deployment without a name'} ({config.get('entrypoint') or 'no entrypoint'})"
    missing = [key for key in ("name", "entrypoint") if not config.get(key)]
    alien = [key for key in NOT_COMPARED if config.get(key)]
    if missing or alien:
        what = f"{missing[0]} is missing" if missing else f"{alien[0]}: take automations.yaml, which is compared"
        raise LocalError(f"{FILE}: {title}: {what}")
    try:
        return _wanted(entry, _resolved(config), config.get("pull", pull))
    except (LocalError, httpx.HTTPError, PrefectException):
        raise  # what the server says, in its own words
    except Exception as error:  # loading a flow runs whatever stands in its file
        raise LocalError(f"{FILE}: {title}: {' '.join(str(error).split())}") from error


def _resolved(config: dict[str, Any]) -> dict[str, Any]:
    """Fill in what stands in double braces, as the CLI does: blocks, Prefect variables, environment variables."""
    for resolve in (resolve_block_document_references, resolve_variables):
        config = asyncio.run(resolve(config))  # pyright: ignore[reportArgumentType]  # a coroutine; its client is given
    filled: Any = apply_values(config, dict(os.environ), remove_notset=False)  # the same keys: nothing is removed
    return filled


def _wanted(entry: dict[str, Any], config: Mapping[str, Any], pull: Any) -> Wanted:
    flow = load_flow_from_entrypoint(config["entrypoint"])
    pool: dict[str, Any] = config.get("work_pool") or {}
    limit: Any = config.get("concurrency_limit")
    fields = {
        "description": config.get("description") or flow.description,
        "tags": sorted(config.get("tags") or []),
        "parameters": config.get("parameters") or {},
        "entrypoint": config["entrypoint"],
        "work_pool_name": pool.get("name"),
        "work_queue_name": pool.get("work_queue_name"),
        "job_variables": pool.get("job_variables") or {},
        "pull_steps": apply_values(pull, {}, remove_notset=False),  # blocks stay as they are named: the worker asks
        "concurrency_limit": limit["limit"] if isinstance(limit, dict) else limit,
        "version": config.get("version"),
        "parameter_openapi_schema": parameter_schema(flow).model_dump(mode="json", exclude_unset=True),
    }
    if isinstance(limit, dict) and limit.get("collision_strategy"):
        fields["collision_strategy"] = limit["collision_strategy"]
    if config.get("enforce_parameter_schema") is not None:
        fields["enforce_parameter_schema"] = config["enforce_parameter_schema"]
    schedules = tuple(map(_schedule, config.get("schedules") or []))
    return Wanted(f"{flow.name}/{config['name']}", entry, fields, schedules)


def _schedule(config: dict[str, Any]) -> Schedule:
    read = _schedule_config_to_deployment_schedule(config)
    rule: dict[str, Any] = read["schedule"].model_dump(mode="json")
    if "anchor_date" not in config:
        rule.pop("anchor_date", None)  # the moment of reading: another one each time
    return Schedule(config.get("slug") or "", rule, config.get("parameters") or {}, bool(read.get("active", True)))
