"""Print what the flow wrote down: its report is an artifact of the run, the same that the UI shows."""

import re
from dataclasses import dataclass

from rich.console import Console
from rich.markdown import Markdown

from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi


@dataclass(frozen=True)
class Report:
    """The run's Markdown artifact; `markdown` is empty when the run ended before it was written."""

    markdown: str


def read(api: PrefectApi, run: FlowRun) -> Report:
    """Return the report of a run."""
    texts = [str(artifact.data) for artifact in api.artifacts(run.id) if artifact.type == "markdown"]
    return Report(texts[-1] if texts else "")


def show(report: Report, console: Console) -> None:
    """Print it: rendered at a terminal, as it is elsewhere."""
    if report.markdown:
        console.print()
        console.print(Markdown(report.markdown) if console.is_terminal else report.markdown, markup=False)


def counts(report: Report) -> str:
    """Return how much was created and adopted, as the report says it."""
    found = re.search(r"created \d+, adopted \d+(, updated \d+)?", report.markdown)
    if not found:
        raise LocalError("the run has ended well, but its report does not say what was created; see its artifacts")
    return found.group()


def why(api: PrefectApi, run: FlowRun) -> str:
    """Return why a run ended as it did: its own message, and the errors it logged when that says too little."""
    return "\n  ".join([run.message, *(line for line in api.error_lines(run.id) if run.message not in line)][:6])
