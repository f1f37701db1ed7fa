"""`make probe` on a stack that is up: what it prints, and when it is 0."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from domain.probing.finding import DIFFERS, HOLDS, UNTOLD, Verdict
from domain.probing.result import AssumptionRow, ProbeReport
from local.demos.probe import probe
from local.errors import LocalError
from local.layout import Layout
from tests.local.demos.test_demo import run
from tests.local.prefect_server import Script, artifact

ENDED = [("COMPLETED", "Completed", "")]


def row(assumption: str, verdict: Verdict, set_to: Any = None) -> AssumptionRow:
    """Return the row of an assumption."""
    return AssumptionRow(
        assumption=assumption,
        verdict=verdict,
        value=[],
        set_to=set_to,
        why="so it was seen",
        mark="UNKNOWN",
        source="-",
    )


def ended_with(*rows: AssumptionRow) -> Script:
    """Return a server with a run that has found these."""
    result = ProbeReport(cloud="sandbox", vendor="Cloud.ru", assumptions=rows, calls=())
    written = artifact("result", result.model_dump_json(), key="probe-result-abc")
    return Script(ENDED, artifacts=[artifact("table", "[]", key="probe-abc"), written])


def test_what_differs_is_printed_and_is_not_0(layout: Layout) -> None:
    """With the value to set; what holds is only counted."""
    rows = row("secret.mappings", DIFFERS, ["path_in_body"]), row("storage.etag_is_md5", HOLDS)
    code, printed = run(layout, ended_with(*rows), probe)
    assert code == 1
    assert 'secret.mappings  differs: set ["path_in_body"]  (so it was seen)' in printed
    assert "etag_is_md5" not in printed
    assert "Cloud.ru, block sandbox: 1 holds, 1 differs" in printed


def test_nothing_different_is_0(layout: Layout) -> None:
    """What cannot be told is no difference."""
    code, printed = run(layout, ended_with(row("logs.name", UNTOLD)), probe)
    assert code == 0
    assert f"logs.name  {UNTOLD}" in printed


def test_a_run_without_a_result_is_an_error(layout: Layout) -> None:
    """It names the run's page."""
    with pytest.raises(LocalError, match="wrote no result; see http"):
        run(layout, Script(ENDED), probe)


def test_a_real_cloud_needs_make_up_first(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of the command's own would have no block for it."""
    monkeypatch.setenv("CLOUD", "cloudru")
    console = Console(file=StringIO())
    with pytest.raises(LocalError, match="run `make up`, save the credentials block cloudru"):
        probe(layout, console)
