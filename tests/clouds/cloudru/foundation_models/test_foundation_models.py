"""The names of Foundation Models: asked without a key."""

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.errors import WrongAnswerError
from tests.clouds.wire_server import WireServer

PATH = "/foundation-models.api.cloud.ru/v1/models"


def test_the_names_are_read_without_a_token(vendor: WireServer, client: CloudRuClient) -> None:
    """The list is open (INFERRED), so no token goes there."""
    vendor.tell("GET", PATH, {"object": "list", "data": [{"id": "BAAI/bge-m3", "object": "model"}, {"id": "b"}]})

    assert client.foundation_models.list() == ("BAAI/bge-m3", "b")
    assert [asked.headers.get("authorization") for asked in vendor.asked] == [None]


def test_an_empty_answer_is_no_list(vendor: WireServer, client: CloudRuClient) -> None:
    """A list that names nothing would refuse every model."""
    vendor.tell("GET", PATH, {"object": "list", "data": []})
    with pytest.raises(WrongAnswerError, match="no model"):
        client.foundation_models.list()
