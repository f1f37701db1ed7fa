"""Every exception class of the product is in the tree that clouds/errors.py draws, under its parent."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

from clouds import errors

ROOT = Path(__file__).parents[1]
PRODUCT = ("flows", "tasks", "blocks", "domain", "clouds", "local")
BRANCH = re.compile(r"^(?P<rails>[│ ]*)[├└]── (?P<name>\w+)")
RAIL_WIDTH = 4
OF_LIBRARIES = re.compile(r"(Error|Exception)$")
"""What exceptions of libraries are called."""
WIRE_MODELS = {"ModelError"}
"""Named like errors; they are pydantic models of what a service tells."""


def drawn() -> tuple[dict[str, str], set[str]]:
    """Return the parent of each class of the tree, and the names of those outside of it."""
    tree, _, outside = (errors.__doc__ or "").partition("Outside the tree")
    parents: dict[str, str] = {}
    path = ["CloudError"]
    for line in tree.splitlines():
        if branch := BRANCH.match(line):
            depth = len(branch["rails"]) // RAIL_WIDTH + 1
            path = [*path[:depth], branch["name"]]
            parents[branch["name"]] = path[depth - 1]
    return parents, set(re.findall(r"\b_?[A-Z]\w*Error\b|\b_Refused\b", outside))


def defined(*folders: str) -> dict[str, str]:
    """Return the parent of each exception class that is defined in the folders: the first base that is one."""
    bases_of = dict(classes(*folders))
    is_exception = {
        name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
    } | set(drawn()[0])
    is_exception |= {
        base for bases in bases_of.values() for base in bases if OF_LIBRARIES.search(base) and base not in bases_of
    }
    while more := {name for name, bases in bases_of.items() if is_exception & {*bases}} - is_exception:
        is_exception |= more
    return {
        name: next(base for base in bases if base in is_exception)
        for name, bases in bases_of.items()
        if is_exception & {*bases}
    }


def classes(*folders: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and bases of each class."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and node.bases:
                    yield node.name, tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases)


def test_every_exception_class_is_drawn_under_its_parent() -> None:
    """What the tree draws is what there is, and what is not of the tree is named below it."""
    parents, outside = drawn()
    found = defined(*PRODUCT)

    assert {name: base for name, base in found.items() if name not in {"CloudError", *outside}} == parents
    assert outside == found.keys() - parents.keys() - {"CloudError"}


def test_a_class_is_not_named_like_an_error_without_being_one() -> None:
    """So that the search for classes misses none."""
    named = {name for name, _ in classes(*PRODUCT) if name.endswith("Error")}

    assert named - defined(*PRODUCT).keys() == WIRE_MODELS


def test_the_sandbox_keeps_out_of_the_tree() -> None:
    """It answers as the services do, and its own errors are none of the product's."""
    parents, _ = drawn()

    assert not {base for base in defined("sandbox").values() if base in {"CloudError", *parents}}
