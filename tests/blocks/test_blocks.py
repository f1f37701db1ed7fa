"""The blocks are what Prefect expects of a block, and tell nobody their secrets."""

from typing import Any

import pytest
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.testing.standard_test_suites.blocks import BlockStandardTestSuite
from pydantic import SecretStr, ValidationError

import blocks
from blocks import (
    CloudRuConnection,
    CloudRuCredentials,
    HuggingFaceCredentials,
    ManagedRagStack,
    YandexCloudConnection,
    YandexCloudCredentials,
)
from clouds.cloudru.wire.endpoints import Endpoints

SENTINEL = "sentinel-of-a-secret"


def cloudru() -> CloudRuCredentials:
    """Return a block whose secret is the sentinel."""
    return CloudRuCredentials(key_id="key", key_secret=SecretStr(SENTINEL), project_id="project")


BLOCKS = [
    CloudRuConnection,
    CloudRuCredentials,
    HuggingFaceCredentials,
    ManagedRagStack,
    YandexCloudConnection,
    YandexCloudCredentials,
]


@pytest.mark.parametrize("block", BLOCKS)
class TestStandard(BlockStandardTestSuite):
    """Prefect's own suite: descriptions, documentation, code example, image."""

    @pytest.fixture
    def block(self, request: pytest.FixtureRequest) -> type[Block]:
        """Return the block type under test."""
        return request.param

    def test_has_a_valid_image(self, block: type[Block]) -> None:
        """The image has a web address; Prefect's own test would fetch it, and tests reach no network."""
        assert str(block._logo_url).startswith("https://")


def test_every_exported_block_is_registered_by_module() -> None:
    """`prefect block register -m blocks` finds what the package exports: the blocks, and nothing else."""
    exported = [getattr(blocks, name) for name in blocks.__all__]
    assert all(issubclass(block, Block) for block in exported)
    assert exported == BLOCKS


def test_form_has_a_field_for_everything() -> None:
    """The UI's form is made of this schema: every field is described, secrets are marked as such."""
    schema = CloudRuCredentials.model_json_schema()
    assert schema["secret_fields"] == ["key_secret"]
    assert all(field.get("description") for field in schema["properties"].values())
    assert set(schema["required"]) == {"key_id", "key_secret", "project_id"}
    assert HuggingFaceCredentials.model_json_schema()["secret_fields"] == ["token"]


def test_form_of_credentials_shows_no_switches() -> None:
    """Endpoints and assumptions are another block, which may be left out."""
    assert {*CloudRuCredentials.model_fields} == {"key_id", "key_secret", "project_id", "connection"}
    assert not {"endpoints", "assumptions"} & {*YandexCloudCredentials.model_fields}


@pytest.mark.usefixtures("prefect_storage")
def test_credentials_name_a_connection_that_is_saved() -> None:
    """What is changed in the connection counts for all credentials that name it."""
    connection = CloudRuConnection(endpoints=Endpoints.under("http://127.0.0.1:1"))
    connection.save("shared")
    block = cloudru().model_copy(update={"connection": connection})
    block.save("with-connection")
    CloudRuConnection(endpoints=Endpoints.under("http://127.0.0.1:2")).save("shared", overwrite=True)

    loaded: Any = CloudRuCredentials.load("with-connection")

    assert loaded.endpoints == Endpoints.under("http://127.0.0.1:2")
    assert loaded.key_secret.get_secret_value() == SENTINEL


def test_fields_of_an_earlier_release_are_its_connection() -> None:
    """Endpoints and assumptions lay in the block itself; tests/upgrade loads such a block from a saved server."""
    own: dict[str, Any] = {"endpoints": Endpoints.under("http://127.0.0.1:1").model_dump(), "assumptions": {}}
    block = CloudRuCredentials.model_validate({"key_id": "k", "key_secret": "s", "project_id": "p", **own})
    assert block.connection == CloudRuConnection(endpoints=Endpoints.under("http://127.0.0.1:1"))


@pytest.mark.usefixtures("prefect_storage")
def test_block_of_an_earlier_release_that_is_saved_with_a_connection_has_that() -> None:
    """Prefect keeps the stored endpoints beside the new connection; the connection counts."""
    own = {"endpoints": Endpoints.under("http://127.0.0.1:1").model_dump()}
    with get_client(sync_client=True) as client:
        block: Any = cloudru()
        block.save("renewed")
        [document] = [each for each in client.read_block_documents() if each.name == "renewed"]
        client.update_block_document(document.id, BlockDocumentUpdate(data=own))
    connection = CloudRuConnection(endpoints=Endpoints.under("http://127.0.0.1:2"))
    before: Any = CloudRuCredentials.load("renewed")
    before.model_copy(update={"connection": connection}).save("renewed", overwrite=True)

    after: Any = CloudRuCredentials.load("renewed")

    assert before.endpoints == Endpoints.under("http://127.0.0.1:1")
    assert after.endpoints == Endpoints.under("http://127.0.0.1:2")


def test_defaults_are_the_real_hosts() -> None:
    """A block without endpoints talks to Cloud.ru."""
    assert cloudru().endpoints == Endpoints()
    assert Endpoints().iam == "https://iam.api.cloud.ru"
    assert HuggingFaceCredentials().endpoint == "https://huggingface.co"


@pytest.mark.parametrize(
    "show", [repr, str, lambda block: block.model_dump_json(), lambda block: str(block.model_dump())]
)
@pytest.mark.parametrize("block", [cloudru(), HuggingFaceCredentials(token=SecretStr(SENTINEL))])
def test_secret_is_never_shown(block: Block, show: Any) -> None:
    """Whatever prints a block prints no secret."""
    assert SENTINEL not in show(block)


def test_client_is_shared_and_closed() -> None:
    """All threads that hold the block use one client; closing it lets the next user open a new one."""
    block = cloudru()
    client = block.get_client()
    assert block.get_client() is client
    block.close()
    assert block.get_client() is not client
    block.close()


@pytest.mark.parametrize("empty", ["key_id", "key_secret", "project_id"])
def test_empty_field_is_refused(empty: str) -> None:
    """A block that was saved half filled in says which field is missing."""
    with pytest.raises(ValidationError, match=empty):
        CloudRuCredentials.model_validate({"key_id": "k", "key_secret": "s", "project_id": "p", empty: ""})


@pytest.mark.parametrize(
    ("block", "fields"),
    [
        (CloudRuCredentials, {"key_id": "", "key_secret": SENTINEL, "project_id": "p"}),
        (CloudRuCredentials, {"key_secret": SENTINEL}),
        (HuggingFaceCredentials, {"token": SENTINEL, "endpoint": SENTINEL}),
    ],
)
def test_what_was_typed_is_not_said_again(block: type[Block], fields: dict[str, str]) -> None:
    """A form with a mistake in one field must not print the others: a secret may be among them."""
    with pytest.raises(ValidationError) as refused:
        block(**fields)
    assert SENTINEL not in str(refused.value)
