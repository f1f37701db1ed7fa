"""What lies between the file and the server: each difference in words, and what Prefect is given to make it so."""

from dataclasses import replace
from typing import Any

import pytest

from local.deploying.deployment_changes import Deployed, compare, entry
from local.deploying.deployment_file import Schedule, Wanted

NIGHTLY = Schedule("nightly", {"cron": "0 20 * * *", "timezone": "Europe/Moscow", "day_or": True}, {}, active=False)
FIELDS: dict[str, Any] = {"description": "asks", "tags": ["managed-rag"], "work_queue_name": None, "version": "1"}
LINE = {"slug": "nightly", "cron": "0 20 * * *", "timezone": "Europe/Moscow", "active": False}
WANTED = Wanted("ask-rag/sandbox", {"name": "sandbox", "schedules": [LINE]}, FIELDS, (NIGHTLY,))
DEPLOYED = Deployed("id-1", "ask-rag/sandbox", FIELDS, (NIGHTLY,))


def test_what_is_as_the_file_says_is_the_same() -> None:
    """Nothing to do and nothing to say; the server's own work queue is no difference where the file names none."""
    there = replace(DEPLOYED, fields={**FIELDS, "work_queue_name": "default"})
    [change] = compare([WANTED], [there], prune=True)
    assert (change.kind, change.differences, change.notes) == ("same", (), ())


def test_what_only_one_side_has() -> None:
    """Only the file: to be created. Only the server: gone, whatever it is."""
    created, gone = compare([WANTED], [replace(DEPLOYED, name="ask-rag/old")], prune=False)
    assert (created.kind, created.name) == ("create", "ask-rag/sandbox")
    assert created.differences == ("schedule nightly: cron 0 20 * * * Europe/Moscow, off",)
    assert (gone.kind, gone.name) == ("gone", "ask-rag/old")


def test_every_field_that_differs_is_named_with_both_values() -> None:
    """A long value is cut, the form of the parameters only said to differ; what may hold secrets is not shown."""
    changed = {"description": "a" * 500, "parameter_openapi_schema": {"x": 1}, "job_variables": {"env": {"KEY": "new"}}}
    there = replace(DEPLOYED, fields={**FIELDS, "job_variables": {"env": {"KEY": "old"}, "image": "a"}})
    [change] = compare([replace(WANTED, fields={**FIELDS, **changed})], [there], prune=False)
    assert change.kind == "change"
    described, form, variables = change.differences
    assert variables == "job_variables: env, image changed"
    assert described.startswith("description: 'asks' -> 'aaa")
    assert len(described) < 150
    assert form == "form of the parameters: changed"


@pytest.mark.parametrize("prune", [False, True])
def test_the_switch_of_a_schedule_is_the_servers(prune: bool) -> None:  # noqa: FBT001  # a parameter
    """One that was switched on is no difference; when something else is deployed it stays on."""
    there = replace(DEPLOYED, schedules=(replace(NIGHTLY, active=True),))
    [same] = compare([WANTED], [there], prune=prune)
    assert (same.kind, same.notes) == ("same", ("schedule nightly: on on the server, stays so",))
    [change] = compare([WANTED], [replace(there, fields={})], prune=prune)
    assert entry(change, prune=prune)["schedules"] == [{**LINE, "active": True}]
    [new] = compare([WANTED], [], prune=prune)
    assert entry(new, prune=prune)["schedules"] == [LINE]


def test_a_schedule_that_changed_is_known_by_its_slug() -> None:
    """Another time and other parameters are told beside those before."""
    there = replace(NIGHTLY, rule={**NIGHTLY.rule, "cron": "0 3 * * *"}, parameters={"force": True}, active=True)
    [change] = compare([WANTED], [replace(DEPLOYED, schedules=(there,))], prune=False)
    [difference] = change.differences
    assert difference.startswith("schedule nightly: cron 0 3 * * * Europe/Moscow {'force': True} -> cron 0 20 * * *")
    assert entry(change, prune=False)["schedules"] == [{**LINE, "active": True}]


def test_a_schedule_that_only_the_server_has_is_kept_unless_pruned() -> None:
    """Prefect replaces all schedules of a deployment: one that was added in the UI goes with the file's."""
    added = Schedule("", {"interval": 60.0, "anchor_date": "2026-01-01T00:00:00Z", "timezone": None}, {"n": 1}, True)  # noqa: FBT003
    there = replace(DEPLOYED, fields={}, schedules=(NIGHTLY, added))
    [kept] = compare([WANTED], [there], prune=False)
    assert kept.notes == ("schedule interval 60.0: not in the file, stays",)
    line = {"interval": 60.0, "anchor_date": "2026-01-01T00:00:00Z", "active": True, "parameters": {"n": 1}}
    assert entry(kept, prune=False)["schedules"] == [LINE, line]
    [pruned] = compare([WANTED], [there], prune=True)
    assert pruned.differences[-1] == "schedule interval 60.0: not in the file, deleted"
    assert entry(pruned, prune=True)["schedules"] == [LINE]


def test_the_anchor_of_an_interval_counts_only_where_the_file_has_one() -> None:
    """Prefect takes the moment of reading for it, another one each time."""
    often = Schedule("often", {"interval": 3.0, "timezone": None}, {}, active=True)
    wanted = replace(WANTED, schedules=(often,))
    there = replace(often, rule={**often.rule, "anchor_date": "2026-01-01T00:00:00Z"})
    [change] = compare([wanted], [replace(DEPLOYED, schedules=(there,))], prune=False)
    assert change.kind == "same"


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("there", [(), (NIGHTLY,)])
def test_an_empty_list_of_schedules_is_left_out(there: tuple[Schedule, ...], *, prune: bool) -> None:
    """What becomes of it PREFECT_DEPLOYMENTS_CLEAR_SCHEDULES_ON_EMPTY decides; here only PRUNE=1 deletes."""
    wanted = replace(WANTED, entry={"name": "sandbox", "schedules": []}, schedules=())
    [change] = compare([wanted], [replace(DEPLOYED, fields={}, schedules=there)], prune=prune)

    assert "schedules" not in entry(change, prune=prune)
