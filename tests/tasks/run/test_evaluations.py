"""A judgement stands although Prefect's server could not keep it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from domain.gate import Verdict
from domain.keys import StackKey
from tasks.run.evaluations import KeptEvaluation, keep, kept
from tests.support.evaluations import evaluation

STACK, SHOWN = StackKey("project", "kb-not-kept"), StackKey("project", "kb-shown")


def test_an_evaluation_that_cannot_be_kept_is_a_warning(
    prefect_storage: Path,  # noqa: ARG001  # the server must be up
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The run goes on, and its log says which one is missing for the next comparison."""

    def no_answer(_: Any) -> None:
        raise httpx.ConnectError("no answer")

    @flow
    def judging() -> int:
        keep(STACK, evaluation(0.5, version_id="lost"), Verdict(passed=True, reasons=(), worse_questions=()))
        return len(kept(STACK))

    with monkeypatch.context() as away:
        away.setattr(Artifact, "create", no_answer)
        assert judging() == 0
    assert "version lost could not be kept" in caplog.text
    assert judging() == 1


def test_a_person_who_opens_the_data_reads_the_figures_and_where_the_page_is(
    prefect_storage: Path,  # noqa: ARG001  # the server must be up
) -> None:
    """Prefect shows data of a type of its own as JSON, and the description above it."""

    @flow
    def judging() -> None:
        keep(SHOWN, evaluation(0.5, version_id="shown"), Verdict(passed=False, reasons=(), worse_questions=()))

    judging()
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[SHOWN.artifact("evaluation-data")]))
        (found,) = client.read_artifacts(artifact_filter=wanted)

    described = str(found.description)
    assert f"To read, open `{SHOWN.artifact('evaluation')}`" in described
    assert "Version `shown`: **not passed**" in described
    assert "| recall@3 | 0.500 |" in described
    assert [each.version_id for each in kept_in_a_flow(SHOWN)] == ["shown"]
    assert found.type == "evaluation"


def kept_in_a_flow(stack: StackKey) -> list[KeptEvaluation]:
    """Return what is read back of a stack."""

    @flow
    def reading() -> list[KeptEvaluation]:
        return kept(stack)

    return reading()
