"""Secrets in whichever of the two published mappings the service speaks."""

import base64
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from clouds.cloudru.assumptions import Assumptions, SecretAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.secret import EnsuredSecret
from clouds.errors import ConfigurationError, NotFoundError, PermissionDeniedError
from tests.clouds.wire_server import LOST, Asked, Told, WireServer

HOST = "/secretmanager.api.cloud.ru"
MISSING = Told({"code": 5, "message": "not found", "details": []}, 404)
VALUE = SecretStr("hf_sentinel")


class SecretVendor:
    """Secret Management as published: one mapping or the other, 404 for everything it does not know."""

    def __init__(self, vendor: WireServer, mapping: str, *, tells: bool = True) -> None:
        self.values: dict[str, list[str]] = {}
        self.tells = tells
        self.lose_replies = 0
        if mapping == "path_in_url":
            vendor.tell("POST", f"{HOST}/v2/secret/.+", lambda asked: self.create(asked, asked.path.rpartition("/")[2]))
            vendor.tell("POST", f"{HOST}/v2/secret/.+/version", lambda asked: self.add(asked, self.inner(asked)))
            vendor.tell("GET", f"{HOST}/v2/secret/.+/access", lambda asked: self.access(self.inner(asked)))
            vendor.tell("GET", f"{HOST}/v2/secret/[^/]+", lambda asked: self.get(asked.path.rpartition("/")[2]))
        else:
            vendor.tell("POST", f"{HOST}/v2/secret", lambda asked: self.create(asked, asked.body["path"]))
            vendor.tell("POST", f"{HOST}/v2/version", lambda asked: self.add(asked, asked.body["path"]))
            vendor.tell("GET", f"{HOST}/v2/version/.+", lambda asked: self.access(asked.path.rpartition("/")[2]))
            vendor.tell("GET", f"{HOST}/v2/secret", lambda _: Told({"secrets": [self.secret(p) for p in self.values]}))

    def inner(self, asked: Asked) -> str:
        """Return the path of the secret in a path of a call."""
        return asked.path.removeprefix(f"{HOST}/v2/secret/").rpartition("/")[0]

    def secret(self, path: str) -> dict[str, object]:
        """Return a secret as it travels."""
        versions = [{"id": n + 1, "state": "ENABLED"} for n in range(len(self.values[path]))]
        return {"id": f"id-of-{path}", "path": path, "versions": versions} if self.tells else {"path": path}

    def create(self, asked: Asked, path: str) -> Told:
        """Make one with its first version."""
        if path in self.values:
            return Told({"code": 6, "message": "exists"}, 409)
        return self._changed(path, [asked.body["payload"]], {})

    def add(self, asked: Asked, path: str) -> Told:
        """Add a version."""
        if path not in self.values:
            return MISSING
        number = len(self.values[path]) + 1
        return self._changed(path, [*self.values[path], asked.body["payload"]], {"version": {"id": number}})

    def access(self, path: str) -> Told:
        """Return the value."""
        if path not in self.values:
            return MISSING
        told = {"secret": self.secret(path), "version": {"id": len(self.values[path])}} if self.tells else {}
        return Told({"payload": self.values[path][-1], **told})

    def get(self, path: str) -> Told:
        """Return all but the value."""
        return Told({"secret": self.secret(path)}) if path in self.values else MISSING

    def _changed(self, path: str, values: list[str], more: dict[str, object]) -> Told:
        self.values[path] = values
        if self.lose_replies:
            self.lose_replies -= 1
            return LOST
        return Told({"secret": self.secret(path), **more})


@pytest.mark.parametrize("mapping", ["path_in_url", "path_in_body"])
def test_created_kept_and_changed(vendor: WireServer, client: CloudRuClient, mapping: str) -> None:
    """First created; the same value makes no version; another value makes one. The payload is base64."""
    held = SecretVendor(vendor, mapping).values
    assert client.secrets.ensure("tok", VALUE) == EnsuredSecret("id-of-tok", "tok", 1, "created")
    assert client.secrets.ensure("/tok", VALUE) == EnsuredSecret("id-of-tok", "tok", 1, "adopted")
    assert client.secrets.ensure("tok", SecretStr("hf_other")) == EnsuredSecret("id-of-tok", "tok", 2, "updated")
    assert [base64.b64decode(value).decode() for value in held["tok"]] == ["hf_sentinel", "hf_other"]


@pytest.mark.parametrize("mapping", ["path_in_url", "path_in_body"])
def test_the_description_goes_with_a_secret_that_is_created(
    vendor: WireServer, client: CloudRuClient, mapping: str
) -> None:
    """Once, with the secret; a new version carries none."""
    SecretVendor(vendor, mapping)
    client.secrets.ensure("tok", VALUE, description="Huggingface access token")
    client.secrets.ensure("tok", SecretStr("hf_other"), description="another")

    sent = [
        asked.body.get("description") for asked in vendor.asked if asked.method == "POST" and "payload" in asked.body
    ]
    assert list(dict.fromkeys(sent)) == ["Huggingface access token", None]  # one mapping may refuse before the other


@pytest.mark.parametrize("mapping", ["path_in_url", "path_in_body"])
def test_the_mapping_that_worked_is_remembered(vendor: WireServer, client: CloudRuClient, mapping: str) -> None:
    """After the first answer only one mapping is asked."""
    SecretVendor(vendor, mapping)
    client.secrets.ensure("tok", VALUE)
    before = len(vendor.asked)
    client.secrets.ensure("tok", VALUE)
    assert [asked.path.startswith(f"{HOST}/v2/secret/") for asked in vendor.asked[before:]] == [
        mapping == "path_in_url"
    ]


def test_absence_is_believed_only_when_both_mappings_say_it(vendor: WireServer, client: CloudRuClient) -> None:
    """A 404 of the mapping that is not spoken here does not hide a secret that exists."""
    SecretVendor(vendor, "path_in_body").values["tok"] = [base64.b64encode(b"hf_sentinel").decode()]
    assert client.secrets.adopt("tok") == EnsuredSecret("id-of-tok", "tok", 1, "adopted")
    assert client.secrets.adopt("other") is None
    assert client.secrets.ensure("tok", VALUE).action == "adopted"


@pytest.mark.parametrize("refusal", [404, 405, 501])
def test_a_mapping_is_unknown_in_three_ways(vendor: WireServer, client: CloudRuClient, refusal: int) -> None:
    """404, 405 and 501 all mean: try the other one."""
    for method in ("GET", "POST"):
        vendor.tell(method, f"{HOST}/v2/secret/.*", Told({"code": 12, "message": "no"}, refusal))
    SecretVendor(vendor, "path_in_body")
    assert client.secrets.ensure("tok", VALUE).action == "created"


def test_neither_mapping_known_says_what_to_change(vendor: WireServer, client: CloudRuClient) -> None:
    """When nobody takes the create, the error names both settings; the value is not in it."""
    with pytest.raises(NotFoundError, match=r"endpoints\.secret or assumptions\.secret\.mappings") as caught:
        client.secrets.ensure("folder/tok", VALUE)
    assert "hf_sentinel" not in str(caught.value)
    assert len(vendor.requests("POST", f"{HOST}.*")) == 2


def test_the_order_of_the_mappings_is_an_assumption(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """Whoever knows the mapping names it, and the other is never asked."""
    SecretVendor(vendor, "path_in_body")
    client = make_client(Assumptions(secret=SecretAssumptions(mappings=("path_in_body",))))
    client.secrets.ensure("tok", VALUE)
    assert not [asked for asked in vendor.asked if asked.path.startswith(f"{HOST}/v2/secret/")]


def test_a_lost_reply_makes_no_second_version(vendor: WireServer, client: CloudRuClient) -> None:
    """After a lost create or a lost new version the value is looked up first."""
    held = SecretVendor(vendor, "path_in_url")
    held.lose_replies = 1
    assert client.secrets.ensure("tok", VALUE).action == "created"
    held.lose_replies = 1
    assert client.secrets.ensure("tok", SecretStr("hf_other")).action == "updated"
    assert len(held.values["tok"]) == 2


def test_a_service_that_tells_only_the_payload(vendor: WireServer, client: CloudRuClient) -> None:
    """The other mapping is only known to return `payload`: id and version stay unknown, nothing breaks."""
    SecretVendor(vendor, "path_in_body", tells=False)
    client.secrets.ensure("tok", VALUE)
    assert client.secrets.ensure("tok", VALUE) == EnsuredSecret("", "tok", 0, "adopted")


def test_a_version_that_is_not_there(vendor: WireServer, client: CloudRuClient) -> None:
    """Asking for version 7 of a secret with one version names what there is."""
    SecretVendor(vendor, "path_in_url")
    client.secrets.ensure("tok", VALUE)
    assert client.secrets.adopt("tok", 1) == EnsuredSecret("id-of-tok", "tok", 1, "adopted")
    with pytest.raises(ConfigurationError, match="no enabled version 7; enabled: 1"):
        client.secrets.adopt("tok", 7)


def test_bad_input_and_refusals(vendor: WireServer, client: CloudRuClient) -> None:
    """An empty value is told before anything is sent; a missing role is not mistaken for an unknown mapping."""
    with pytest.raises(ConfigurationError, match="is empty"):
        client.secrets.ensure("tok", SecretStr(""))
    assert vendor.asked == []
    vendor.tell("GET", f"{HOST}/.*", Told({"code": 7, "message": "denied"}, 403))
    with pytest.raises(PermissionDeniedError, match="PROJECT_ADMIN"):
        client.secrets.ensure("tok", VALUE)
