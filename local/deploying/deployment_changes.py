"""What lies between deployments.yaml and the server: pure functions of the two."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local.deploying.deployment_file import Schedule, Wanted

LONGEST = 100
"""A value is quoted up to so many characters."""


@dataclass(frozen=True)
class Deployed:
    """A deployment on the server; `fields` are named as those of `Wanted`."""

    id: str
    name: str
    fields: Mapping[str, Any]
    schedules: tuple[Schedule, ...]


@dataclass(frozen=True)
class Change:
    """What is to be done about one deployment, and why: each difference is a line.

    `extra` are schedules of the server that the file does not have; `notes` say what is left as it is.
    """

    kind: Literal["create", "change", "same", "gone"]
    name: str
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extra: tuple[Schedule, ...] = ()
    wanted: Wanted | None = None
    deployed: Deployed | None = None


PREFECTS_OWN = ("work_queue_name", "version")
"""Prefect fills them in where the file says nothing; as version the commit of a clone, else a digest of the flow."""


def compare(wanted: Iterable[Wanted], deployed: Iterable[Deployed], *, prune: bool) -> list[Change]:
    """Return a change for each deployment of the file, then one for each that only the server has.

    A schedule that only the server has is left unless `prune`. Whether a schedule is active is the file's to say only
    when it is created: afterwards the switch on the server decides.
    """
    there = {each.name: each for each in deployed}
    changes = [_change(each, there.pop(each.name, None), prune=prune) for each in wanted]
    return [*changes, *(Change("gone", each.name, deployed=each) for each in there.values())]


def entry(change: Change, *, prune: bool) -> dict[str, Any]:
    """Return the lines of the file with which Prefect makes the change.

    Prefect replaces the schedules of a deployment by those of the file, switched on or off as that says: so those of
    the server are added, and its switches are taken over. An empty list is left out: Prefect keeps the server's
    schedules or clears them, as PREFECT_DEPLOYMENTS_CLEAR_SCHEDULES_ON_EMPTY says.
    """
    assert change.wanted is not None  # noqa: S101  # only these are deployed
    switches = {each.key: each.active for each in change.deployed.schedules} if change.deployed else {}
    lines: list[dict[str, Any]] = list(change.wanted.entry.get("schedules") or [])
    schedules = [
        {**line, "active": switches.get(schedule.key, schedule.active)}
        for line, schedule in zip(lines, change.wanted.schedules, strict=True)
    ]
    if schedules and not prune:
        schedules += [_line(each) for each in change.extra]
    others = {name: value for name, value in change.wanted.entry.items() if name != "schedules"}
    return {**others, **({"schedules": schedules} if schedules else {})}


def _change(wanted: Wanted, deployed: Deployed | None, *, prune: bool) -> Change:
    if deployed is None:
        lines = tuple(f"schedule {each.slug}: {each}, {_switch(each)}" for each in wanted.schedules)
        return Change("create", wanted.name, lines, wanted=wanted)
    differences = [
        _difference(name, deployed.fields.get(name), value)
        for name, value in wanted.fields.items()
        if value != deployed.fields.get(name) and not (name in PREFECTS_OWN and value is None)
    ]
    there = {each.key: each for each in deployed.schedules}
    notes: list[str] = []
    for schedule in wanted.schedules:
        found = there.pop(schedule.key, None)
        if found is None:
            differences.append(f"schedule {schedule.slug}: {schedule}, {_switch(schedule)}")
            continue
        if (_timing(found, schedule), found.parameters) != (schedule.rule, schedule.parameters):
            differences.append(
                f"schedule {schedule.slug}: {found} {found.parameters} -> {schedule} {schedule.parameters}"
            )
        if found.active != schedule.active:
            notes.append(f"schedule {schedule.slug}: {_switch(found)} on the server, stays so")
    extra = tuple(there.values())
    told = differences if prune else notes
    told += [f"schedule {each.slug or each}: not in the file{', deleted' if prune else ', stays'}" for each in extra]
    kind = "change" if differences else "same"
    return Change(kind, wanted.name, tuple(differences), tuple(notes), extra, wanted, deployed)


def _timing(found: Schedule, wanted: Schedule) -> dict[str, Any]:
    return {name: value for name, value in found.rule.items() if name != "anchor_date" or name in wanted.rule}


def _switch(schedule: Schedule) -> str:
    return "on" if schedule.active else "off"


def _difference(name: str, before: Any, after: Any) -> str:
    if name == "parameter_openapi_schema":
        return "form of the parameters: changed"
    if isinstance(before, Mapping) and isinstance(after, Mapping):  # their values may come from blocks: secrets
        differ = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        return f"{name}: {', '.join(differ)} changed"
    return f"{name}: {_quoted(before)} -> {_quoted(after)}"


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _line(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule of the server as the file has it."""
    rule = {name: value for name, value in schedule.rule.items() if value is not None}
    line: dict[str, Any] = {**rule, "active": schedule.active, "parameters": schedule.parameters}
    return {**line, "slug": schedule.slug} if schedule.slug else line
