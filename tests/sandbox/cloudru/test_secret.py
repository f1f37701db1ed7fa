"""Secret Management v2, in both published REST mappings."""

import base64
import uuid
from collections.abc import Iterator

import httpx
import pytest

from clouds.cloudru.wire.secret import AddSecretVersionRequest, CreateSecretRequest
from sandbox.services import Services
from sandbox.settings import PROJECT_ID
from tests.support.sandbox_process import SandboxProcess

BASE = "/secretmanager.api.cloud.ru/v2"
IN_PROJECT = {"projectId": PROJECT_ID}


def encoded(value: str) -> str:
    """Return base64, as values travel."""
    return base64.b64encode(value.encode()).decode()


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """Return a client with a token."""
    sandbox.reset()
    with sandbox.client() as client:
        yield client


@pytest.fixture
def path() -> str:
    """Return a path that is not taken."""
    return f"team/{uuid.uuid4()}"


def create(client: httpx.Client, path: str, value: str) -> httpx.Response:
    """Make a secret with the mapping that has the path in the URL."""
    return client.post(f"{BASE}/secret/{path}", json={**IN_PROJECT, "payload": encoded(value)})


def access(client: httpx.Client, path: str, **query: str | int) -> httpx.Response:
    """Ask for a value."""
    return client.get(f"{BASE}/secret/{path}/access", params={**IN_PROJECT, **query})


def test_versions_count_up_and_the_newest_is_read(client: httpx.Client, path: str) -> None:
    """Create is version 1, each change one more; any version can be read."""
    assert create(client, path, "one").json()["secret"]["versions"][0]["id"] == 1
    added = client.post(f"{BASE}/secret/{path}/version", json={**IN_PROJECT, "payload": encoded("two")}).json()
    assert (added["version"]["id"], len(added["secret"]["versions"])) == (2, 2)
    assert access(client, path).json()["payload"] == encoded("two")
    assert access(client, path, version=1).json()["payload"] == encoded("one")
    secret = client.get(f"{BASE}/secret/{path}", params=IN_PROJECT).json()["secret"]
    assert (secret["path"], secret["name"]) == (path, path.rpartition("/")[2])
    assert "payload" not in str(secret)


def test_a_taken_path_is_409(client: httpx.Client, path: str) -> None:
    """Creating twice is refused and changes nothing."""
    create(client, path, "one")
    again = create(client, path, "two")
    assert (again.status_code, again.json()["code"]) == (409, 6)
    assert access(client, path).json()["payload"] == encoded("one")


def test_the_mapping_with_the_path_in_the_body(client: httpx.Client, path: str) -> None:
    """The other published mapping makes, versions, reads and lists the same secrets."""
    made = client.post(f"{BASE}/secret", json={**IN_PROJECT, "path": path, "payload": encoded("one")})
    assert made.status_code == 200
    client.post(f"{BASE}/version", json={**IN_PROJECT, "path": path, "payload": encoded("two")})
    assert client.get(f"{BASE}/version/{path}", params=IN_PROJECT).json()["payload"] == encoded("two")
    listed = client.get(f"{BASE}/secret", params={**IN_PROJECT, "folderPath": "team"}).json()["secrets"]
    assert path in [secret["path"] for secret in listed]
    assert access(client, path, version=1).json()["payload"] == encoded("one")


@pytest.mark.parametrize(("mapping", "path_status", "body_status"), [("path", 404, 404), ("body", 404, 200)])
def test_one_mapping_alone(
    sandbox: SandboxProcess, client: httpx.Client, path: str, mapping: str, path_status: int, body_status: int
) -> None:
    """When only one mapping answers, calls of the other are unknown paths."""
    sandbox.set(secret_mapping=mapping)
    made = client.post(f"{BASE}/secret", json={**IN_PROJECT, "path": path, "payload": encoded("one")})
    assert made.status_code == body_status
    assert access(client, path).status_code == path_status


def test_search_by_folder_depth_and_name(client: httpx.Client, path: str) -> None:
    """Depth counts levels below the folder, -1 is all of them; a name may be exact or a pattern."""
    for each in (f"{path}/a", f"{path}/b", f"{path}/deep/c"):
        create(client, each, "x")

    def found(**query: str | int) -> list[str]:
        answer = client.get(f"{BASE}/secret/{path}/search", params={**IN_PROJECT, **query})
        return [secret["path"].removeprefix(f"{path}/") for secret in answer.json()["secrets"]]

    assert found() == found(depth=-1) == ["a", "b", "deep/c"]
    assert found(depth=1) == ["a", "b"]
    assert found(exact="c") == ["deep/c"]
    assert found(regex="/[ab]$") == ["a", "b"]


def test_a_version_can_be_disabled_and_destroyed(client: httpx.Client, path: str) -> None:
    """A disabled version is not read until it is enabled again; a destroyed one never."""
    create(client, path, "one")
    version = f"{BASE}/secret/{path}/version/1"
    client.put(version, params={**IN_PROJECT, "enabled": False})
    assert access(client, path).status_code == access(client, path, version=1).status_code == 400
    client.put(version, params={**IN_PROJECT, "enabled": True})
    assert access(client, path).status_code == 200
    destroyed = client.delete(version, params=IN_PROJECT).json()["secret"]["versions"][0]
    assert destroyed["state"] == "DESTROYED"
    assert access(client, path, version=1).status_code == 400
    assert client.put(version, params={**IN_PROJECT, "enabled": True}).status_code == 400


def test_description_labels_and_deletion(client: httpx.Client, path: str) -> None:
    """What stands beside the value can be changed; a deleted secret is gone and its path is free."""
    create(client, path, "one")
    changed = client.put(f"{BASE}/secret/{path}", json={**IN_PROJECT, "description": "d", "labels": {"a": "b"}})
    assert (changed.json()["secret"]["description"], changed.json()["secret"]["labels"]) == ("d", {"a": "b"})
    assert client.delete(f"{BASE}/secret/{path}", params=IN_PROJECT).json() == {}
    assert access(client, path).status_code == 404
    assert create(client, path, "two").status_code == 200


def test_mistakes_are_refused_without_the_value(client: httpx.Client, path: str) -> None:
    """No base64, an unknown version, an unknown path, an empty path, another project."""
    not_base64 = client.post(f"{BASE}/secret/{path}", json={**IN_PROJECT, "payload": "planted-sentinel!"})
    assert not_base64.status_code == 400
    assert "planted" not in not_base64.text
    assert access(client, path).status_code == 404
    create(client, path, "one")
    assert access(client, path, version=7).status_code == 404
    assert client.post(f"{BASE}/secret", json={**IN_PROJECT, "payload": encoded("x")}).status_code == 400
    other = client.post(f"{BASE}/secret/{path}/version", json={"projectId": "other", "payload": encoded("x")})
    assert other.status_code == 403


@pytest.mark.parametrize("shape", ["{id}", "{path}", "{id}:1", "{path}:2", '{{"id": "{id}", "version": 2}}'])
def test_every_reading_of_a_reference_is_understood(services: Services, shape: str) -> None:
    """Another service may name a secret by id or path, with or without a version."""
    secret = services.cloudru.secret.create("a/b", CreateSecretRequest(project_id=PROJECT_ID, payload=encoded("one")))
    services.cloudru.secret.add_version("a/b", AddSecretVersionRequest(project_id=PROJECT_ID, payload=encoded("two")))
    wanted = "one" if shape.endswith(":1") else "two"
    assert services.cloudru.secret.resolve(shape.format(id=secret.id, path="a/b")) == wanted
    assert services.cloudru.secret.resolve("no-such") is None
    assert services.cloudru.secret.resolve("a/b:9") is None
