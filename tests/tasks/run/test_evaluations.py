"""A judgement stands although Prefect's server could not keep it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.artifacts import Artifact

from domain.keys import StackKey
from tasks.run.evaluations import keep, kept
from tests.support.evaluations import evaluation

STACK = StackKey("project", "kb-not-kept")


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
        keep(STACK, evaluation(0.5, version_id="lost"), passed=True)
        return len(kept(STACK))

    with monkeypatch.context() as away:
        away.setattr(Artifact, "create", no_answer)
        assert judging() == 0
    assert "version lost could not be kept" in caplog.text
    assert judging() == 1
