"""A method of the client that no test calls is noticed."""

import ast
import inspect
from pathlib import Path

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import Model

TESTS = Path(__file__).parents[1]


def called_names() -> frozenset[tuple[str, str]]:
    """`(owner, method)` of every call `owner.method(...)` or `x.owner.method(...)` in the tests."""
    found: set[tuple[str, str]] = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = (
                    owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
                )
                found.add((name, node.func.attr))
    return frozenset(found)


def methods(service: type) -> list[str]:
    """Return the public methods."""
    return [name for name, _ in inspect.getmembers(service, inspect.isfunction) if not name.startswith("_")]


def test_every_public_method_is_called_by_a_test(client: CloudRuClient) -> None:
    """Services are called through the client (`client.secrets.find`), a model as `model.embed`."""
    services = {name: type(value) for name, value in vars(client).items() if not name.startswith("_")}
    assert len(services) == 10
    called = called_names()
    wanted = {(name, method) for name, service in services.items() for method in methods(service)}
    wanted |= {("model", method) for method in methods(Model)}
    wanted -= {("storage", "close")}  # closed with the client, below
    assert sorted(wanted - called) == []


def test_a_client_closes_itself(client: CloudRuClient) -> None:
    """`with` closes the connections; a closed client does not ask."""
    with client as same:
        assert same is client
    with pytest.raises(RuntimeError, match="closed"):
        client.log_groups.list()
