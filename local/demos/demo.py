"""`make demo`: the flow `provision-rag` against the sandbox through a worker, from nothing to the report."""

from rich.console import Console

from domain.keys import StackKey
from local.demos import report, watch
from local.demos.results import written
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import stack, up
from local.stack.display import Display
from local.stack.parts import SANDBOX_DEPLOYMENT
from sandbox.settings import PROJECT_ID

DEPLOYMENT = f"provision-rag/{SANDBOX_DEPLOYMENT}"
KEY = StackKey(PROJECT_ID, "kb-rag-with-inference")
"""The tutorial's stack, which the deployment names."""


def demo(layout: Layout, console: Console) -> int:
    """Run it and print the report; 0 only when the stack answered its probe."""
    with stack.locked(layout, "make demo"):
        with Display(console) as display, up.taken(layout, display) as running, PrefectApi(running.api_url) as api:
            run = watch.run(api, running, DEPLOYMENT, display)
            if run.state_type != "COMPLETED":
                failure = report.why(api, run)
                raise LocalError(f"run {run.name} ended {run.state_name}{failure}\n  log: {layout.log('worker')}")
            found, url = written(api, run, KEY), api.run_url(run.id)
        result = report.show(found, console)
        console.print(f"\nrun {run.name}: {url}", highlight=False, soft_wrap=True)
        if running.kind == "demo":
            console.print("(stopped; `make up` keeps the UI open, this run stays in it)")
        console.print(
            f"{report.counts(result.created, result.adopted, result.updated)}, answered in {display.elapsed_s:.0f} s",
            highlight=False,
        )
    return 0
