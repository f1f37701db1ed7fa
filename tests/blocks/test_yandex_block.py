"""The Yandex block takes exactly one credential, and tells nobody what it is."""

import json
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from blocks import YandexCloudConnection, YandexCloudCredentials
from clouds.yandex.auth import ApiKey, AuthorizedKey, IamToken
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.yandex.keys import KEY_ID, authorized_key_json, private_pem

SENTINEL = "sentinel-of-a-secret"


def block(**credentials: Any) -> YandexCloudCredentials:
    """Return a block of the folder `b1g`."""
    return YandexCloudCredentials.model_validate({"folder_id": "b1g", **credentials})


def test_form_has_a_field_for_everything() -> None:
    """The UI's form is made of this schema: every field is described, secrets are marked as such."""
    schema = YandexCloudCredentials.model_json_schema()
    assert schema["secret_fields"] == ["authorized_key", "iam_token", "api_key"]
    assert all(field.get("description") for field in schema["properties"].values())
    assert schema["required"] == ["folder_id"]


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        ({"api_key": SENTINEL, "iam_token": "", "authorized_key": "  "}, ApiKey),
        ({"iam_token": SENTINEL}, IamToken),
        ({"authorized_key": authorized_key_json()}, AuthorizedKey),
    ],
)
def test_the_one_credential_that_is_filled_in_is_taken(credentials: dict[str, str], kind: type) -> None:
    """An empty field, as the UI saves it, counts as left out."""
    assert isinstance(block(**credentials).auth(), kind)


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ({}, "none is filled in"),
        ({"api_key": "", "iam_token": " "}, "none is filled in"),
        ({"api_key": SENTINEL, "iam_token": SENTINEL}, "iam_token and api_key are filled in"),
        ({"authorized_key": SENTINEL}, "not the JSON of an authorized key"),
        ({"authorized_key": json.dumps({"id": SENTINEL})}, "private_key: Field required"),
        (
            {"authorized_key": json.dumps({"id": "k", "service_account_id": "a", "private_key": SENTINEL})},
            "not an RSA key in PEM",
        ),
    ],
)
def test_what_is_wrong_with_the_credentials_is_told_without_them(credentials: dict[str, str], told: str) -> None:
    """A block that cannot work is not saved; the message names the field and shows no value."""
    with pytest.raises(ValidationError, match=told) as caught:
        block(**credentials)
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize("show", [repr, str, lambda shown: shown.model_dump_json(), lambda shown: repr(shown.auth())])
@pytest.mark.parametrize("field", ["authorized_key", "iam_token", "api_key"])
def test_secret_is_never_shown(field: str, show: Any) -> None:
    """Whatever prints a block or its credential prints no secret."""
    secret = authorized_key_json() if field == "authorized_key" else SENTINEL
    shown = show(block(**{field: secret}))
    assert SENTINEL not in shown
    assert private_pem().splitlines()[2] not in shown


def test_saved_form_is_read_back() -> None:
    """What Prefect keeps of a block makes the same block again, its endpoints and assumptions included."""
    saved = YandexCloudCredentials(
        folder_id="b1g",
        authorized_key=SecretStr(authorized_key_json()),
        connection=YandexCloudConnection(endpoints=Endpoints.local("127.0.0.1:1", "http://127.0.0.1:2")),
    )
    kept = json.loads(json.dumps(saved.model_dump(mode="json", context={"include_secrets": True})))
    again = YandexCloudCredentials.model_validate(kept)
    assert (again.folder_id, again.endpoints, again.assumptions) == ("b1g", saved.endpoints, saved.assumptions)
    auth = again.auth()
    assert isinstance(auth, AuthorizedKey)
    assert auth.id == KEY_ID


def test_client_is_shared_and_closed() -> None:
    """All threads that hold the block use one client; closing it lets the next user open a new one."""
    credentials = block(api_key=SENTINEL)
    client = credentials.get_client()
    assert credentials.get_client() is client
    credentials.close()
    assert credentials.get_client() is not client
    credentials.close()
