"""Print what `provision-rag` has returned: question, answer, source passage and which models answered."""

from rich.console import Console
from rich.markdown import Markdown

from domain.markdown import code, page, quoted
from domain.reports.stack import StackReport
from domain.reports.stack_markdown import answering, proof
from local.demos.results import Written
from local.prefect_api import FlowRun, PrefectApi


def counts(created: int, adopted: int, updated: int) -> str:
    """Return in words how much was made, found and changed."""
    return f"created {created}, adopted {adopted}, updated {updated}"


def show(written: Written, console: Console) -> StackReport:
    """Print it, rendered at a terminal, and return it; ids, links and times are read better in the UI."""
    result = written.result("stack", StackReport)
    _print(proof(result.probe), console)
    for best in written.rows("chunks")[:1]:
        found = page(
            f"The passage it was found in, {code(best['source'])}, score {best['score']}:", quoted(best["chunk"])
        )
        _print(found, console)
    _print(answering(result.models), console)
    return result


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
