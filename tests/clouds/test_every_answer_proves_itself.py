"""An answer that holds nothing is never read as a list of nothing, nor as a resource."""

import ast
import inspect
from pathlib import Path
from types import ModuleType
from typing import get_origin

import pytest
from pydantic import BaseModel, ValidationError

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire import iam, inference, knowledge, logs, model, search, secret, storage
from clouds.errors import WrongAnswerError
from clouds.yandex.wire import vector_store
from tests.clouds.wire_server import WireServer

CLOUDS = Path(__file__).parents[2] / "clouds"
WIRE: tuple[ModuleType, ...] = (iam, inference, knowledge, logs, model, search, secret, storage, vector_store)
MODELS = {
    name: kind
    for module in WIRE
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, BaseModel) and kind.__module__ == module.__name__
}
Answer = dict[str, object]
MAY_BE_LEFT_OUT = {
    "TokenResponse.scopes": "what a token is for; nothing reads it",
}


def read_models() -> list[str]:
    """Name every model that the clients read an answer as: what is passed to `ask`, `_ask` and `_pages`."""
    found: set[str] = set()
    for path in CLOUDS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in {"ask", "_ask", "_pages"} and node.args[0].id in MODELS:
                    found.add(node.args[0].id)
    return sorted(found)


@pytest.mark.parametrize("name", read_models())
def test_an_empty_answer_is_none(name: str) -> None:
    """`{}` is refused as every answer there is, and so is one whose list is left out or null."""
    kind = MODELS[name]
    with pytest.raises(ValidationError):
        kind.model_validate_json("{}")
    lists = [field for field, info in kind.model_fields.items() if get_origin(info.annotation) in (list, tuple)]
    optional = [field for field in lists if not kind.model_fields[field].is_required()]
    assert [field for field in optional if f"{name}.{field}" not in MAY_BE_LEFT_OUT] == []


def test_every_answer_is_looked_at() -> None:
    """The models are found by how they are read, and all of them are."""
    assert {"ListModelRunsResponse", "ListKnowledgeBasesResponse", "ListVersionsResponse"} <= {*read_models()}
    assert len(read_models()) >= 20


@pytest.mark.parametrize("answer", [{}, {"modelRuns": []}, {"total": 0}, {"total": None, "modelRuns": None}])
def test_no_list_of_runs_is_not_an_empty_one(
    vendor: WireServer, client: CloudRuClient, answer: dict[str, object]
) -> None:
    """Three paid models run on behind such an answer."""
    vendor.tell("GET", ".*/modelruns", answer)
    with pytest.raises(WrongAnswerError, match="ListModelRunsResponse"):
        client.inferences.list()


def test_a_list_of_runs_that_is_not_whole(vendor: WireServer, client: CloudRuClient) -> None:
    """The service says that there are five, and lists none."""
    vendor.tell("GET", ".*/modelruns", {"total": 5, "modelRuns": []})
    with pytest.raises(WrongAnswerError, match="lists 0 model runs and says that there are 5"):
        client.inferences.list()


@pytest.mark.parametrize("answer", [{}, {"error": "x"}, {"buckets": None}])
def test_no_list_of_buckets_is_not_an_empty_one(
    vendor: WireServer, client: CloudRuClient, answer: dict[str, object]
) -> None:
    """Else a bucket of ours would be called another owner's."""
    vendor.tell("GET", ".*/v2/projects/.*", {"tenant_id": "tenant"})
    vendor.tell("GET", ".*/tenants/tenant/buckets", answer)
    with pytest.raises(WrongAnswerError, match="ListBucketsResponse"):
        client.storage._tenancy.find_bucket("bucket")
