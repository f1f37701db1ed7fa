"""`make probe`: what is assumed of a cloud, compared with what it answers, through a worker; it only reads."""

import json
import os
from typing import Any

from rich.console import Console

from local.demos import report, watch
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import FlowRun, PrefectApi
from local.stack import stack, up
from local.stack.display import Display
from local.stack.parts import SANDBOX_DEPLOYMENT

CLOUD = "CLOUD"
"""Environment variable that names the deployment: sandbox, cloudru or yandex."""
TABLE = "probe-"
CALLS = ("probe-calls-", "probe-answers-")
HOLDS = "holds"


def probe(layout: Layout, console: Console) -> int:
    """Run it and print what does not hold; 0 only when nothing differs from what the block says."""
    name = os.environ.get(CLOUD) or SANDBOX_DEPLOYMENT
    with stack.locked(layout, "make probe"):
        _check_up(layout, name)
        with Display(console) as display, up.taken(layout, display) as running, PrefectApi(running.api_url) as api:
            run = watch.run(api, running, f"probe-cloud/{name}", display)
            if run.state_type != "COMPLETED":
                why = report.why(api, run)
                raise LocalError(f"run {run.name} ended {run.state_name}{why}\n  log: {layout.log('worker')}")
            rows, told = _table(api, run)
            url = api.run_url(run.id)
    differing = [row for row in rows if row["set in the block"]]
    for row in rows:
        if row["verdict"] != HOLDS:
            value = f": set {row['set in the block']}" if row["set in the block"] else ""
            console.print(
                f"  {row['assumption']}  {row['verdict']}{value}  ({row['why']})", markup=False, soft_wrap=True
            )
    console.print(f"\nrun {run.name}: {url}\n{told}", markup=False, highlight=False, soft_wrap=True)
    return 1 if differing else 0


def _check_up(layout: Layout, name: str) -> None:
    """Refuse a real cloud without `make up`: a stack of this command alone has neither its deployment nor its block."""
    running = stack.read(layout)
    if name != SANDBOX_DEPLOYMENT and not (running and running.kind == "up" and running.is_up()):
        raise LocalError(
            f"run `make up`, save the credentials block {name} in its UI, and then `make probe {CLOUD}={name}`"
        )


def _table(api: PrefectApi, run: FlowRun) -> tuple[list[dict[str, Any]], str]:
    for artifact in api.artifacts(run.id):
        if (artifact.key or "").startswith(TABLE) and not (artifact.key or "").startswith(CALLS):
            data = json.loads(artifact.data) if isinstance(artifact.data, str) else artifact.data
            return data, artifact.description or ""
    raise LocalError("the run has ended well but wrote no table; see it in the UI")
