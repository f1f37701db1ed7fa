"""Print what the flow wrote down: its report is artifacts of the run, the same that the UI shows."""

import json
import re
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi

SHOWN_SECTIONS = ("Proof", "Models that answered")
"""What the terminal shows of the report; ids, links and times are read better in the UI."""
COUNTS = re.compile(r"created \d+, adopted \d+, updated \d+")


@dataclass(frozen=True)
class Report:
    """The run's Markdown artifact and its table of retrieved chunks, best first; empty when the run failed before."""

    markdown: str
    chunks: tuple[dict[str, Any], ...]

    @property
    def counts(self) -> str:
        """How much was created, adopted and updated, in the report's own words."""
        found = COUNTS.search(self.markdown)
        if not found:
            raise LocalError("the run has ended well but wrote no report that says what was created; see it in the UI")
        return found.group()


def read(api: PrefectApi, run: FlowRun) -> Report:
    """Return the report of a run."""
    artifacts = api.artifacts(run.id)
    texts = [str(artifact.data) for artifact in artifacts if artifact.type == "markdown"]
    tables = [artifact.data for artifact in artifacts if (artifact.key or "").startswith("chunks-")]
    chunks = json.loads(tables[0]) if tables and isinstance(tables[0], str) else (tables or [[]])[0]
    return Report(texts[0] if texts else "", tuple(chunks))


def show(report: Report, console: Console) -> None:
    """Print question, answer, source passage and which models answered; rendered at a terminal."""
    sections = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in report.markdown.split("\n## ")}
    for title in SHOWN_SECTIONS:
        if title in sections:
            _print(f"## {title}\n\n{sections[title]}", console)
        if title == "Proof" and report.chunks:
            best = report.chunks[0]
            passage = "\n".join(f"> {line}" for line in str(best["chunk"]).splitlines())
            _print(f"The passage it was found in, `{best['source']}`, score {best['score']}:\n\n{passage}", console)


def _print(markdown: str, console: Console) -> None:
    console.print()
    if console.is_terminal:
        console.print(Markdown(markdown))
    else:
        console.print(markdown, markup=False, highlight=False, soft_wrap=True)


def why(api: PrefectApi, run: FlowRun) -> str:
    """Return in one line which step ended the run, and the reason."""
    failed = [task.name for task in api.task_runs(run.id) if task.state_type in ("FAILED", "CRASHED")]
    return f"{f' at {failed[0]}' if failed else ''}: {run.message}"
