"""The image: build it, and see that what it holds is the checkout and can be imported."""

import json
import os
import shlex
import subprocess
from pathlib import Path

from local.containers.engine import Engine, call
from local.errors import LocalError

NAME = "localhost/managed-rag-flows:check"
PACKAGES = ("flows", "tasks", "blocks", "domain", "clouds")
MB = 1_000_000
IMPORT_ALL = f"""
import importlib, json, pkgutil
packages = [importlib.import_module(name) for name in {PACKAGES!r}]
modules = [m.name for p in packages for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
for name in modules:
    importlib.import_module(name)
from prefect import Flow
flows = sorted({{v.name for n in modules if n.startswith("flows.")
    for v in vars(importlib.import_module(n)).values() if isinstance(v, Flow)}})
print(json.dumps({{"modules": len(modules) + len(packages), "flows": flows}}))
"""


def build(engine: Engine, root: Path) -> str:
    """Build the image; return its size and the sizes of its layers.

    PYTHON_IMAGE names another base; BUILD_OPTIONS are options of the engine's `build`, such as a package index's
    certificate where one is needed.
    """
    base = [f"--build-arg=PYTHON_IMAGE={os.environ['PYTHON_IMAGE']}"] if os.environ.get("PYTHON_IMAGE") else []
    options = [*base, *shlex.split(os.environ.get("BUILD_OPTIONS", ""))]
    if engine.program == "podman":  # Docker finds it by its name
        options.append("--ignorefile=deploy/Dockerfile.dockerignore")
    command = [engine.program, "build", *options, "--file", "deploy/Dockerfile", "--tag", NAME, "."]
    call(command, cwd=root, env={**os.environ, "DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "1")})
    layers = engine.run("history", "--format", "{{.Size}}", "--no-trunc", NAME).splitlines()
    sizes = [each for each in layers if not each.startswith("0")]
    return f"{engine.inspect(NAME)['Size'] / MB:.0f} MB, in layers of {', '.join(sizes)}"


def import_all(engine: Engine, root: Path) -> str:
    """Import every module of the product in the image, without a network; return how many, and the flows.

    Raises:
        LocalError: one is not there or cannot be imported.

    """
    said = engine.run("run", "--rm", "--network", "none", "--pull", "never", NAME, "python", "-c", IMPORT_ALL)
    found = json.loads(said.splitlines()[-1])
    listed = subprocess.run(("git", "ls-files", *PACKAGES), cwd=root, check=True, capture_output=True, text=True).stdout
    expected = sum(name.endswith(".py") for name in listed.split())
    if found["modules"] != expected:
        raise LocalError(f"the image has {found['modules']} modules, the checkout {expected}: {PACKAGES}")
    return f"{found['modules']} modules, {len(found['flows'])} flows: {', '.join(found['flows'])}"
