"""The repository runs from a clone that Prefect makes, on a worker that has only Prefect and the base dependencies."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from bench import fleet_stacks
from bench.fleet_machines import POOL, ROOT, running, worker
from tests.local.test_packaging import closure
from tests.postgres.fleet import Fleet

pytestmark = pytest.mark.postgres
WITHIN_S = 120.0
BARE_MACHINE = """
import importlib.abc, json, os, sys
barred = set(json.loads({barred!r}))
class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in barred:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, NotInstalled())
sys.path[:] = [entry for entry in sys.path if not os.path.exists(os.path.join(entry, "flows", "refresh.py"))]
"""
"""A `sitecustomize` that hides every package beyond the base dependencies, and the project."""


def not_of_the_base() -> list[str]:
    """Return the installed packages that neither Prefect nor the product need."""
    base = closure()
    packages = metadata.packages_distributions().items()
    return [name for name, owners in packages if not base & {canonicalize_name(owner) for owner in owners}]


def bare_machine(folder: Path) -> dict[str, str]:
    """Return the variables of a machine on which the project is not installed."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BARE_MACHINE.format(barred=json.dumps(not_of_the_base())))
    return {"PYTHONPATH": str(folder)}


def repository_of_the_tree(folder: Path) -> str:
    """Commit the files that git has or would take, and return the URL of a bare repository with them."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, check=True).stdout.decode().split("\0")
    tree, bare = folder / "tree", folder / "project.git"
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    author = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for command in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "--message", "the tree"]):
        subprocess.run(["git", *command], cwd=tree, check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(tree), str(bare)], check=True)
    return bare.as_uri()


@pytest.mark.timeout(300)
def test_a_worker_without_the_project_runs_its_clone(running_fleet: Fleet, tmp_path: Path) -> None:
    """The machine can import neither the flows nor torch nor pytest; with the pull step git_clone a run completes."""
    variables = bare_machine(tmp_path / "bare")
    for absent in ("tasks.project", "torch", "pytest"):
        asked = [sys.executable, "-c", f"import {absent}"]
        ended = subprocess.run(asked, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert f"No module named {absent.partition('.')[0]!r}" in ended.stderr

    pool = f"{POOL}-bare"
    running_fleet.api.ensure_work_pool(pool)
    clone = {"prefect.deployments.steps.git_clone": {"repository": repository_of_the_tree(tmp_path)}}
    deployment = fleet_stacks.deploy(pool, "from-a-clone", [clone])
    bare = worker("bare", tmp_path, running_fleet.server.api_url, 1, pool=pool, cwd=tmp_path, **variables)
    with running(bare):
        running_fleet.api.start_run(deployment, fleet_stacks.parameters(running_fleet.stacks[0]))
        [run] = fleet_stacks.wait_until_final(running_fleet.http, deployment, WITHIN_S)
    assert run.state == "COMPLETED", run.message
