"""`make deploy` says before it does, deploys only what differs, and deletes only what it was told to."""

from typing import Any

import pytest

from tests.support.operated import Operated, entry

pytestmark = pytest.mark.schedule


def there(project: Operated) -> dict[str, Any]:
    """Return the description and the schedules of each deployment on the server, by name and id."""
    found: list[dict[str, Any]] = project.http.post("/deployments/filter", json={}).raise_for_status().json()
    return {
        f"{each['name']} {each['id']}": (each["description"], [(of["id"], of["active"]) for of in each["schedules"]])
        for each in found
    }


def names(project: Operated) -> set[str]:
    """Return the names of the deployments on the server."""
    return {name.partition(" ")[0] for name in there(project)}


def test_what_would_change_is_said_and_not_done(project: Operated) -> None:
    """DRY_RUN names what is new, each field that differs and what is gone; the server stays as it was."""
    before = there(project)
    project.write(entry("status_rag", "often", description="otherwise"), entry("ask_rag", "extra"))
    printed = project.deploy(DRY_RUN="1")
    assert "would change  status-rag/often\n            description: " in printed
    assert "-> 'otherwise'" in printed
    assert "would create  ask-rag/extra\n" in printed
    assert "gone    suspend-rag/often: not in the file; make deploy PRUNE=1 deletes it" in printed
    assert there(project) == before


def test_what_is_gone_from_the_file_is_deleted_only_on_demand(project: Operated) -> None:
    """Without PRUNE it is reported and stays, with its schedules; with PRUNE it is deleted.

    A deployment without the project's tag is nobody's business.
    """
    others = entry("ask_rag", "of-somebody-else", tags=["theirs"])
    hourly = {"slug": "hourly", "cron": "0 * * * *", "timezone": "Europe/Moscow", "active": False}
    project.write(others, entry("status_rag", "often", schedules=[hourly]))
    project.deploy()
    project.write(entry("status_rag", "often", schedules=[]))
    reported = project.deploy()
    assert "schedule often: not in the file, stays" in reported
    assert "suspend-rag/often: not in the file" in reported
    assert "of-somebody-else" not in reported
    assert {"often", "of-somebody-else"} <= names(project)
    schedules = {each["slug"]: each["schedule"] for each in project.deployment("status-rag/often")["schedules"]}
    assert schedules.keys() == {"often", "hourly"}
    assert schedules["often"]["interval"] == 6

    pruned = project.deploy(PRUNE="1")
    assert "delete  suspend-rag/often" in pruned
    assert "schedule often: not in the file, deleted" in pruned
    assert project.deployment("status-rag/often")["schedules"] == []
    assert names(project) == {"often", "of-somebody-else"}
