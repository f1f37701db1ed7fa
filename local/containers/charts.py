"""Prefect's charts with the values of deploy/kubernetes: rendered as Helm would, and held against the schemas.

Helm itself is not needed: `helm-python-sdk` brings it as a library. No cluster is asked.
"""

import collections
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from local.errors import LocalError

REPOSITORY = "https://prefecthq.github.io/prefect-helm"
CHARTS = {"prefect-server": "server.yaml", "prefect-worker": "worker.yaml"}
"""Each chart, and the file of its values."""
KUBERNETES = ("1.30", "1.34", "1.37")
NAMESPACE = "prefect"
LEFT_OUT = "none"


def check(root: Path, folder: Path) -> str:
    """Render both charts and look at every object; return what was looked at.

    CHARTS names a folder with both charts, unpacked or as .tgz; without it they are pulled from Prefect's repository
    into `folder`. CHARTS=none leaves this out.

    Raises:
        LocalError: a chart cannot be had, refuses the values, or makes an object that is not valid.

    """
    if are_left_out():
        return f"NOT RENDERED, because CHARTS={LEFT_OUT}"
    given = os.environ.get("CHARTS", "")
    looked_at: list[str] = []
    for chart, file in CHARTS.items():
        path = _in_folder(Path(given), chart) if given else _pulled(chart, folder)
        values = yaml.safe_load((root / "deploy" / "kubernetes" / file).read_text(encoding="utf-8"))
        version, objects = rendered(path, values)
        faults = [fault for each in objects for fault in (*invalid(each), *faults_of(each))]
        if faults:
            raise LocalError(f"{chart} {version} with {file}:\n" + "\n".join(faults))
        looked_at.append(f"{chart} {version}: {', '.join(_name(each) for each in objects)}")
    return f"valid in Kubernetes {', '.join(KUBERNETES)}: " + "; ".join(looked_at)


def are_left_out() -> bool:
    """Say whether the charts are not to be looked at."""
    return os.environ.get("CHARTS") == LEFT_OUT


def _in_folder(folder: Path, chart: str) -> Path:
    found = [path for path in sorted(folder.glob(f"{chart}*")) if path.is_dir() or path.suffix == ".tgz"]
    if not found:
        raise LocalError(f"CHARTS={folder} holds no {chart}: put the chart there, or unset CHARTS")
    return found[-1]


def _pulled(chart: str, folder: Path) -> Path:
    import helm_python as helm  # noqa: PLC0415  an extra of this command

    try:
        helm.pull(chart, destination=folder, repo_url=REPOSITORY)
    except helm.HelmError as error:
        raise LocalError(
            f"{chart} cannot be had from {REPOSITORY} ({error}): name a folder with it in CHARTS, or leave the charts "
            f"out with CHARTS={LEFT_OUT}"
        ) from error
    return _in_folder(folder, chart)


def rendered(chart: Path, values: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return the chart's version and the objects that it makes of the values.

    Raises:
        LocalError: the chart cannot be loaded, its schema refuses the values, or a template fails.

    """
    import helm_python as helm  # noqa: PLC0415  as above

    try:
        with helm.Chart.load(chart) as loaded:
            loaded.validate_schema(values)
            texts = loaded.render(values, name=loaded.name, namespace=NAMESPACE)
            version = loaded.version
    except helm.HelmError as error:
        raise LocalError(f"{chart.name}: {error}") from error
    manifests = [text for name, text in sorted(texts.items()) if not name.endswith("NOTES.txt")]
    return version, [each for text in manifests for each in yaml.safe_load_all(text) if each]


def invalid(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield where an object is none that Kubernetes takes, for each of the versions."""
    import kubernetes_validate  # noqa: PLC0415  as above

    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{_name(manifest)}, Kubernetes {version}: {error}"


def faults_of(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield what Kubernetes takes and what fails when it runs, of the containers of an object.

    A variable that is given twice: the last one counts, and server-side apply refuses it. A script for bash that
    another shell is to run.
    """
    pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
    for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
        names = collections.Counter(each["name"] for each in container.get("env") or ())
        place = f"{_name(manifest)}, container {container['name']}"
        yield from (f"{place}: {name} is given {count} times" for name, count in names.items() if count > 1)
        shell = (container.get("command") or [""])[0].rpartition("/")[2]
        if shell == "sh" and any("pipefail" in each for each in container.get("args") or ()):
            yield f"{place}: `set -o pipefail` is for bash, and the command is {container['command']}"


def _name(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"
