"""What is installed: the product without the sandbox's weight, and every version pinned. What lacks is said."""

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "managed-rag-flows"
ROOT = Path(__file__).resolve().parents[2]
IMPORTED = """
import importlib, importlib.abc, json, pkgutil, sys
barred = set(json.loads(sys.argv[1]))
class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in barred:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
for name in json.loads(sys.argv[2]):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
"""
"""Imports every module of the packages of argument 2 as if those of argument 1 were not installed."""


def closure(*extras: str) -> set[str]:
    """Return the installed distributions that the project needs, with these extras of its own."""
    found: set[str] = set()
    waiting = [(PROJECT, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # a test of the check extra runs where only the test extra is installed
        found.add(canonicalize_name(name))
        for requirement in map(Requirement, requirements):
            chosen = [{"extra": extra} for extra in wanted] or [{"extra": ""}]
            needed = requirement.marker is None or any(requirement.marker.evaluate(extra) for extra in chosen)
            if needed and (canonicalize_name(requirement.name) not in found or requirement.extras):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
                found.add(canonicalize_name(requirement.name))
    return found


@pytest.mark.parametrize(
    ("extras", "packages"),
    [
        ((), ("flows", "blocks", "tasks.run", "tasks.stack", "tasks.refresh", "tasks.evaluation", "tasks.upkeep")),
        (("yandex",), ("flows", "tasks", "blocks", "domain", "clouds")),
    ],
    ids=["base", "yandex"],
)
def test_product_needs_only_its_own_dependencies(extras: tuple[str, ...], packages: tuple[str, ...]) -> None:
    """All flows load with the base, and everything with the extra: no torch, no sandbox, no test tools."""
    base = closure(*extras)
    barred = [
        package
        for package, owners in metadata.packages_distributions().items()
        if not base & {canonicalize_name(owner) for owner in owners}
    ]
    assert {"torch", "lancedb", "pytest"} <= set(barred)
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, json.dumps([*barred, "sandbox", "local"]), json.dumps(packages)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_every_installed_dependency_is_pinned() -> None:
    """constraints.txt has the version of everything that the project and its extras install."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned: dict[str, str] = {
        canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines if "==" in line
    }
    needed = closure("sandbox", "test", "check", "bench") - {PROJECT}
    installed = {name: metadata.version(name).partition("+")[0] for name in needed if _is_installed(name)}
    assert {name: version for name, version in installed.items() if pinned.get(name) != version} == {}


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("python", "complaint"),
    [
        ("false", "Python 3.11 or newer is needed"),
        ("no-such-python", "Python 3.11 or newer is needed"),
        ("{without_venv}", "install the package python3-venv"),
    ],
)
def test_makefile_says_what_the_machine_lacks(tmp_path: Path, python: str, complaint: str) -> None:
    """An old or missing Python, or one without venv, ends `make demo` with the line that helps, and leaves no .venv."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    stripped = tmp_path / "python-without-venv"
    stripped.write_text(f'#!/bin/sh\n[ "$1" = -m ] && exit 1\nexec {sys.executable} "$@"\n')
    stripped.chmod(0o755)
    ended = subprocess.run(
        ["make", "demo", f"PYTHON={python.format(without_venv=stripped)}"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert complaint in ended.stderr
    assert not (tmp_path / ".venv").exists()


CPU_BUILDS = "https://download.pytorch.org/whl/cpu"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("system", "has_driver", "answers", "given", "index"),
    [
        ("Linux", False, True, None, CPU_BUILDS),
        ("Linux", False, False, None, ""),
        ("Linux", True, True, None, ""),
        ("Darwin", False, True, None, ""),
        ("Linux", False, True, "", ""),
        ("Linux", False, True, "https://mirror.example.org", "https://mirror.example.org"),
    ],
)
def test_torch_is_built_for_cpus_where_there_is_no_gpu(
    tmp_path: Path, system: str, *, has_driver: bool, answers: bool, given: str | None, index: str
) -> None:
    """On Linux without an NVIDIA driver, when PyTorch's index answers, unless TORCH_INDEX is set, also to nothing."""
    programs = {"uname": f"echo {system}", "python": f"exit {0 if answers else 1}"}
    for name, does in {**programs, **({"nvidia-smi": "true"} if has_driver else {})}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    make = str(shutil.which("make"))
    ended = subprocess.run(
        [make, "--eval", "shown: ; @:$(info $(TORCH_INDEX))", "shown", f"PYTHON={tmp_path}/python"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), **({} if given is None else {"TORCH_INDEX": given})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, index), ended.stderr
