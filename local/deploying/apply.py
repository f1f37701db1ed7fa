"""`python -m local.deploying.apply`: bring the Prefect server of the environment to what the two files say.

deployments.yaml and automations.yaml. `make deploy` starts it with a Prefect home of its own, `make up` too.
"""

import argparse
import sys
from http import HTTPStatus
from pathlib import Path

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import PrefectException

from local.deploying import automation_file, deployed, deployment_file
from local.deploying.automation_file import AutomationChange, AutomationFile
from local.deploying.deployment_changes import Change, compare
from local.deploying.deployment_file import DeploymentFile
from local.errors import LocalError

ROOT = Path(__file__).resolve().parents[2]
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
GONE = "not in the file; make deploy PRUNE=1 deletes it"
VERBS = {"create": "created", "change": "changed", "same": "unchanged", "gone": "not in the file"}


def apply_deployments(
    client: SyncPrefectClient, file: DeploymentFile, *, name: str | None, dry_run: bool, prune: bool
) -> None:
    """Deploy what is new or differs, tell what is not in the file, and delete that with `prune`.

    Raises:
        LocalError: a work pool is missing, or Prefect did not do what it was asked.

    """
    deployed.check_work_pools(client, file.deployments)

    def look() -> list[Change]:
        changes = compare(file.deployments, deployed.deployed(client, file.deployments), prune=prune)
        return [change for change in changes if name is None or change.kind != "gone"]

    changes = look()
    for change in changes:
        if change.kind != "same" or change.notes:
            _tell(change.kind, change.name, (*change.differences, *change.notes), dry_run=dry_run, prune=prune)
    _sum_up(deployment_file.FILE, [change.kind for change in changes], dry_run=dry_run)
    if dry_run:
        return
    deployed.deploy(file, changes, prune=prune)
    if prune:
        deployed.prune(client, [change for change in look() if change.extra or change.kind == "gone"])
    left = [change.name for change in look() if change.kind in ("create", "change")]
    if left:
        raise LocalError(f"deployed, but the server still differs from {deployment_file.FILE}: {', '.join(left)}")


def wanted_automations(client: SyncPrefectClient, file: AutomationFile) -> list[AutomationCore]:
    """Return the automations with their block; LocalError when the server has none, or Prefect does not take one."""
    return file.wanted(automation_file.find_block(client, file.block) if file.block else automation_file.ANY_BLOCK)


def apply_automations(
    client: SyncPrefectClient, file: AutomationFile, wanted: list[AutomationCore], *, dry_run: bool, prune: bool
) -> None:
    """Create, change and with `prune` delete automations; without a notification block only what sends nothing."""
    changes: list[AutomationChange] = automation_file.compare(wanted, automation_file.automations(client))
    if not file.block:
        print(f"{automation_file.FILE}: {automation_file.HOW_TO_NAME_A_BLOCK}")
        changes = [change for change in changes if not change.needs_block]
    for change in changes:
        if change.kind != "same":
            _tell(change.kind, change.name, change.fields, dry_run=dry_run, prune=prune)
    _sum_up(automation_file.FILE, [change.kind for change in changes], dry_run=dry_run)
    if not dry_run:
        automation_file.apply(client, changes, prune=prune)


def _tell(kind: str, name: str, lines: tuple[str, ...], *, dry_run: bool, prune: bool) -> None:
    if kind == "gone":
        kind, name = ("delete", name) if prune else ("gone", f"{name}: {GONE}")
    print(f"  {'would ' if dry_run and kind not in ('gone', 'same') else ''}{kind:<7} {name}")
    for line in lines:
        print(f"            {line}")


def _sum_up(file: str, kinds: list[str], *, dry_run: bool) -> None:
    counts = ", ".join(f"{kinds.count(kind)} {word}" for kind, word in VERBS.items() if kind in kinds)
    print(f"{file}: {counts or 'nothing in it'}{'; a dry run, nothing was done' if dry_run else ''}")


def main() -> int:
    """Apply both files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.deploying.apply", description=__doc__)
    parser.add_argument("--files", type=Path, default=ROOT, help="the folder of both files; left out: the checkout")
    parser.add_argument("--name", help="only the deployments of this name, and no automations")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--prune", action="store_true", help="delete what is not in the files")
    asked = parser.parse_args()
    try:
        with get_client(sync_client=True) as client:
            switches = {"dry_run": asked.dry_run, "prune": asked.prune}
            # both files are read, and known to be right, before anything is changed
            automations = None if asked.name else automation_file.read(asked.files / automation_file.FILE)
            wanted = wanted_automations(client, automations) if automations else []
            deployments = deployment_file.read(asked.files / deployment_file.FILE, asked.name)
            apply_deployments(client, deployments, name=asked.name, **switches)
            if automations:
                apply_automations(client, automations, wanted, **switches)
    except (LocalError, PrefectException, httpx.HTTPError) as error:
        print(f"make deploy: {_cause(error)}", file=sys.stderr)
        return 1
    return 0


def _cause(error: Exception) -> str:
    """Return what went wrong; of the server's own refusals one line."""
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in REFUSED:
        return "the server refuses the key: set PREFECT_API_KEY or PREFECT_API_AUTH_STRING"
    if isinstance(error, httpx.HTTPStatusError) and error.response.is_server_error:
        asked = f"{error.request.method} {error.request.url.path}"
        return f"the server answered {error.response.status_code} to {asked}: see its log, it or its database is down"
    return str(error) if isinstance(error, LocalError) else " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
