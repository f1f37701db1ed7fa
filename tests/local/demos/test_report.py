"""What the terminal shows of a run that has ended."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from domain.reports.stack import (
    DocumentsReport,
    KnowledgeBaseReport,
    ModelReport,
    ProbeReport,
    StackReport,
    StepReport,
)
from local.demos import report
from local.demos.demo import KEY
from local.demos.results import written
from local.errors import LocalError
from local.prefect_api import PrefectApi
from tests.local.prefect_server import RUN_ID, Script, artifact, serve, task_run

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RESULT = StackReport(
    cloud="sandbox",
    documents=DocumentsReport(
        bucket="rag-inference-bucket",
        bucket_action="created",
        folder="kb/",
        folder_action="created",
        uploaded=("faq.txt",),
        kept=(),
    ),
    secret=None,
    models=(ModelReport(role="llm", name="llm", model="t-tech/T-lite-it-1.0", answered_by="stand-in"),),
    knowledge_base=KnowledgeBaseReport(
        name="kb",
        knowledge_base_id="kb-1",
        version_id="v-1",
        search_url="http://kb",
        status="ACTIVE",
        action="created",
        version_in_service="v-1",
    ),
    probe=ProbeReport(
        question="How long may it be returned?", answer="Within 14 days [1].", sources=("faq.txt",), quoted=("faq.txt",)
    ),
    costs="200 RUB per hour",
    steps=(StepReport(name="verify", started_at=NOW, ended_at=NOW, duration_s=0, on_critical_path=True),),
    created=6,
    adopted=0,
    updated=1,
    duration_s=1,
    critical_path_s=1,
)
CHUNKS = [
    {"place": 1, "score": 0.9, "source": "faq.txt", "chunk": "Returns are taken\nwithin 14 days."},
    {"place": 2, "score": 0.1, "source": "other.txt", "chunk": "Something else."},
]
COMPLETED = ("COMPLETED", "Completed", "")


def artifacts(result: StackReport = RESULT) -> list[dict[str, object]]:
    """Return what a run of `provision-rag` writes, as the server keeps it."""
    return [
        artifact("progress", 100.0),
        artifact("markdown", "# kb", key=KEY.artifact("stack")),
        artifact("table", CHUNKS, key=KEY.artifact("chunks")),
        artifact("result", result.model_dump_json(), key=KEY.artifact("stack-result")),
    ]


def shown(script: Script) -> str:
    """Return what goes into a pipe."""
    console = Console(file=io.StringIO(), width=80)
    with serve(script) as api_url, PrefectApi(api_url) as api:
        report.show(written(api, api.flow_run(RUN_ID), KEY), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_question_answer_passage_and_models_are_shown() -> None:
    """The terminal shows the proof, the best passage with its source, and who answered; ids are left to the UI."""
    printed = shown(Script([COMPLETED], artifacts=artifacts()))
    assert "> How long may it be returned?\n\nWithin 14 days [1]" in printed
    assert "`faq.txt`, score 0.9:\n\n> Returns are taken" in printed
    assert "stand-in" in printed
    assert "rag-inference-bucket" not in printed
    assert "Something else" not in printed


def test_run_without_result_is_an_error() -> None:
    """It names the artifact that is missing, and the run's page."""
    with pytest.raises(LocalError, match=rf"no artifact {KEY.artifact('stack-result')}; see http"):
        shown(Script([COMPLETED]))


def test_reason_names_the_step() -> None:
    """Why a run failed is one line: the step, then the reason without Prefect's introduction."""
    message = "Flow run encountered an exception: WrongAnswerError: the probe brought no chunk"
    script = Script(
        [("FAILED", "Failed", message)], task_runs=[task_run("upload", "COMPLETED"), task_run("verify", "FAILED")]
    )
    with serve(script) as api_url, PrefectApi(api_url) as api:
        assert report.why(api, api.flow_run(RUN_ID)) == " at verify: WrongAnswerError: the probe brought no chunk"
