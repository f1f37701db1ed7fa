"""`make fresh`: install without constraints into an empty environment, run the demonstration there, and deploy.

It copies what git knows of the checkout to a folder of its own, with a home of its own, and uses nothing of the
checkout's environment: it runs on Python alone. It installs with `-e`, as `make demo` does: else the pull step leads to
the installed packages, beside which there are no examples. Its output ends with the versions that were resolved.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAIN = (
    *("prefect", "httpx", "boto3", "pydantic", "tenacity", "universal-pathlib", "huggingface-hub", "orjson"),
    *("yandexcloud", "grpcio", "tensorboard", "numpy"),
    *("fastapi", "sqlalchemy", "uvicorn", "torch", "sentence-transformers", "transformers", "lancedb", "kreuzberg"),
)
"""Distributions whose versions are printed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do all of it; return the exit code of the first command that fails, else 0."""
    parser = argparse.ArgumentParser(prog="python -m local.fresh", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where; left out: a temporary folder that is deleted at the end")
    parser.add_argument("--pin", action="append", default=[], metavar="NAME==VERSION", help="a version that pip takes")
    parser.add_argument("--index", default="", metavar="URL", help="one more package index, as TORCH_INDEX")
    asked = parser.parse_args(arguments)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="fresh-"))
    try:
        return fresh(folder.resolve(), pins=asked.pin, index=asked.index)
    except subprocess.CalledProcessError as error:
        print(f"make fresh: `{' '.join(map(str, error.cmd))}` ended with {error.returncode}", file=sys.stderr)
        return error.returncode
    finally:
        if asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def fresh(folder: Path, *, pins: Sequence[str], index: str) -> int:
    """Copy, install, run and deploy below `folder`; CalledProcessError when a command fails."""
    project, home, python = folder / "project", folder / "home", folder / "venv" / "bin" / "python"
    copy_checkout(project)
    home.mkdir(parents=True)
    run([sys.executable, "-m", "venv", python.parents[1]], folder, os.environ)
    indexes = ["--extra-index-url", index] if index else []
    options = ["--disable-pip-version-check", "--no-input", "--quiet", *indexes]
    run([python, "-m", "pip", "install", *options, "-e", ".[sandbox]", *pins], project, os.environ)
    environment = without_prefect(home)
    run([python, "-m", "local", "demo"], project, environment)
    run([python, "-m", "local", "up"], project, environment)
    try:
        deploy = [python, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "deployments.yaml"]
        run(deploy, project, environment | {"PREFECT_API_URL": api_url(project)})
    finally:
        run([python, "-m", "local", "down"], project, environment)
    for line in versions(python):
        print(line)
    return 0


def copy_checkout(project: Path) -> None:
    """Copy the files that git knows, and those that it would take in."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():  # one that was deleted is still in the index
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)


def without_prefect(home: Path) -> dict[str, str]:
    """Return the environment with an empty home, and nothing of the user's Prefect, Python path or local stack."""
    left = {"PYTHONPATH", "LOCAL_DIR", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_") and name not in left}
    return {**kept, "HOME": str(home)}


def api_url(project: Path) -> str:
    """Return the address of the server that `local up` has started."""
    return str(json.loads((project / ".local" / "stack.json").read_text(encoding="utf-8"))["api_url"])


def versions(python: Path) -> list[str]:
    """Return `name==version` of the main packages, and how many there are in all."""
    listed = [python, "-m", "pip", "list", "--disable-pip-version-check", "--format", "json"]
    found = json.loads(subprocess.run(listed, check=True, capture_output=True, text=True).stdout)
    installed = {each["name"].lower().replace("_", "-"): each["version"] for each in found}
    named = [f"{name}=={installed[name]}" for name in MAIN if name in installed]
    return [f"fresh: {len(installed)} packages, among them", *(f"  {line}" for line in named)]


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a command in a folder, and show it; CalledProcessError when it fails."""
    print(f"+ {' '.join(map(str, command))}", flush=True)
    subprocess.run(command, cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
