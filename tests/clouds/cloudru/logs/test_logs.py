"""A log group is always found or made: a knowledge base without one never answers."""

from typing import Any

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.errors import APIError
from tests.clouds.wire_server import LOST, PROJECT, Told, WireServer

BASE = f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT}"


def group(name: str, kind: str, status: str = "STATUS_ACTIVE") -> dict[str, Any]:
    """Return a log group as it travels."""
    return {"id": name, "type": kind, "status": status}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group("a", "CUSTOM"), group("d", "DEFAULT")], "d"),
        ([group("a", "CUSTOM"), group("d", "DEFAULT", "STATUS_DELETED")], "a"),
        ([group("d", "DEFAULT", "STATUS_DELETED")], "new"),
        ([], "new"),
    ],
)
def test_the_default_one_else_any_active_else_a_new_one(
    vendor: WireServer, client: CloudRuClient, groups: list[Any], expected: str
) -> None:
    """In this order; what is created keeps logs for the assumed number of days."""
    vendor.tell("GET", f"{BASE}/log-groups", {"logGroups": groups})
    vendor.tell("POST", f"{BASE}/log-group", {"id": "new"})
    assert client.log_groups.ensure() == expected
    created = [asked.body for asked in vendor.requests("POST", f"{BASE}/log-group")]
    body = {"name": "managed-rag", "description": "Managed RAG", "retentionPeriod": 3, "status": "STATUS_ACTIVE"}
    assert created == ([body] if expected == "new" else [])
    assert [found.id for found in client.log_groups.list()] == [entry["id"] for entry in groups]


def test_the_preferred_one_is_taken_without_asking(vendor: WireServer, client: CloudRuClient) -> None:
    """Whoever names a group gets it."""
    assert client.log_groups.ensure("mine") == "mine"
    assert vendor.asked == []


def test_a_lost_reply_makes_no_second_group(vendor: WireServer, client: CloudRuClient) -> None:
    """The group that the lost create left behind is found."""
    vendor.tell("GET", f"{BASE}/log-groups", Told({"logGroups": []}), Told({"logGroups": [group("left", "CUSTOM")]}))
    vendor.tell("POST", f"{BASE}/log-group", LOST)
    assert client.log_groups.ensure() == "left"
    assert len(vendor.requests("POST", f"{BASE}/log-group")) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_that_has_no_log_groups_says_what_to_do(
    vendor: WireServer, client: CloudRuClient, status: int
) -> None:
    """Its address is INFERRED: a group that is named is taken without asking."""
    vendor.tell("GET", f"{BASE}/log-groups", Told({"code": 12, "message": "unimplemented"}, status))
    with pytest.raises(
        APIError, match="open Logging in the console and name a group of it as log_group_id of the knowl"
    ):
        client.log_groups.ensure()
