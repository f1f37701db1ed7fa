"""`make probe`: what is assumed of a cloud, compared with what it answers, through a worker; it only reads."""

import os

from rich.console import Console

from domain.probing.finding import DIFFERS, HOLDS
from domain.probing.result import ProbeReport
from domain.probing.result import written as in_json
from local.demos import report, watch
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import FlowRun, PrefectApi
from local.stack import stack, up
from local.stack.display import Display
from local.stack.parts import SANDBOX_DEPLOYMENT

CLOUD = "CLOUD"
"""Environment variable that names the deployment: sandbox, cloudru or yandex."""
RESULT = "result"
"""The type of the artifact that holds a flow's result."""


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
            result, url = read_probe(api, run), api.run_url(run.id)
    for row in result.assumptions:
        if row.verdict != HOLDS:
            value = f": set {in_json(row.set_to)}" if row.verdict == DIFFERS else ""
            console.print(f"  {row.assumption}  {row.verdict}{value}  ({row.why})", markup=False, soft_wrap=True)
    summary = f"{result.vendor}, block {result.cloud}: {result.counts}"
    console.print(f"\nrun {run.name}: {url}\n{summary}", markup=False, highlight=False, soft_wrap=True)
    return 1 if result.differing else 0


def _check_up(layout: Layout, name: str) -> None:
    """Refuse a real cloud without `make up`: a stack of this command alone has neither its deployment nor its block."""
    running = stack.read(layout)
    if name != SANDBOX_DEPLOYMENT and not (running and running.kind == "up" and running.is_up()):
        raise LocalError(
            f"run `make up`, save the credentials block {name} in its UI, and then `make probe {CLOUD}={name}`"
        )


def read_probe(api: PrefectApi, run: FlowRun) -> ProbeReport:
    """Return the flow's result; a run writes one, and what the block is of is not known here."""
    for artifact in api.artifacts(run.id):
        if artifact.type == RESULT:
            return ProbeReport.model_validate_json(str(artifact.data))
    raise LocalError(f"the run has ended well, and wrote no result; see {api.run_url(run.id)}")
