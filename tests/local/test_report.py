"""What the terminal shows of a run that has ended."""

import io
import json

import pytest
from rich.console import Console

from local.demos import report
from local.demos.report import Report
from local.errors import LocalError
from local.prefect_api import PrefectApi
from tests.local.prefect_server import RUN_ID, Script, artifact, serve, task_run

MARKDOWN = """# kb on `sandbox`

**created 6, adopted 0, updated 1**

## Proof

> How long may it be returned?

Within 14 days [1].

Sources quoted: `faq.txt`

## Resources

| resource | name |
| --- | --- |
| bucket | rag-inference-bucket |

## Models that answered

| role | answered by |
| --- | --- |
| LLM | stand-in |
"""
CHUNKS = [
    {"place": 1, "score": 0.9, "source": "faq.txt", "chunk": "Returns are taken\nwithin 14 days."},
    {"place": 2, "score": 0.1, "source": "other.txt", "chunk": "Something else."},
]
COMPLETED = ("COMPLETED", "Completed", "")


def read(script: Script) -> Report:
    """Read the report of the scripted run."""
    with serve(script) as api_url, PrefectApi(api_url) as api:
        return report.read(api, api.flow_run(RUN_ID))


def shown(written: Report) -> str:
    """Return what goes into a pipe."""
    console = Console(file=io.StringIO(), width=80)
    report.show(written, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_report_is_read_from_the_artifacts_of_the_run() -> None:
    """Markdown and table of chunks are found among progress and plan; the table may come as JSON text."""
    others = [artifact("progress", 100.0), artifact("table", [{"resource": "bucket"}], key="plan-kb")]
    for data in (CHUNKS, json.dumps(CHUNKS)):
        chunks = artifact("table", data, key="chunks-kb")
        found = read(Script([COMPLETED], artifacts=[*others, chunks, artifact("markdown", MARKDOWN)]))
        assert found == Report(MARKDOWN, tuple(CHUNKS))


def test_question_answer_passage_and_models_are_shown() -> None:
    """The terminal shows the proof, the best passage with its source, and who answered; ids are left to the UI."""
    printed = shown(Report(MARKDOWN, tuple(CHUNKS)))
    assert "> How long may it be returned?\n\nWithin 14 days [1]." in printed
    assert "`faq.txt`, score 0.9:\n\n> Returns are taken\n> within 14 days." in printed
    assert "| LLM | stand-in |" in printed
    assert "rag-inference-bucket" not in printed
    assert "Something else" not in printed


def test_run_without_report_shows_nothing() -> None:
    """A run that failed before its report prints none."""
    assert shown(read(Script([COMPLETED]))) == ""


def test_counts_are_the_reports_own() -> None:
    """What was created, adopted and updated is said in the report's words; a report without them is an error."""
    assert Report(MARKDOWN, ()).counts == "created 6, adopted 0, updated 1"
    with pytest.raises(LocalError, match="no report that says what was created"):
        _ = Report("", ()).counts


def test_reason_names_the_step() -> None:
    """Why a run failed is one line: the step, then the reason without Prefect's introduction."""
    message = "Flow run encountered an exception: WrongAnswerError: the probe brought no chunk"
    script = Script(
        [("FAILED", "Failed", message)], task_runs=[task_run("upload", "COMPLETED"), task_run("verify", "FAILED")]
    )
    with serve(script) as api_url, PrefectApi(api_url) as api:
        assert report.why(api, api.flow_run(RUN_ID)) == " at verify: WrongAnswerError: the probe brought no chunk"
