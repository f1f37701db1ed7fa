"""`make probe` on a stack that is up: what it prints, and when it is 0."""

import json
from io import StringIO

import pytest
from rich.console import Console

from local.demos.probe import probe
from local.errors import LocalError
from local.layout import Layout
from tests.local.prefect_server import Script, artifact
from tests.local.test_demo import run

ENDED = [("COMPLETED", "Completed", "")]


def row(assumption: str, verdict: str, set_to: str = "") -> dict[str, str]:
    """Return a row of the table."""
    return {"assumption": assumption, "verdict": verdict, "set in the block": set_to, "why": "so it was seen"}


def test_what_differs_is_printed_and_is_not_0(layout: Layout) -> None:
    """With the value to set; what holds is only counted."""
    rows = [row("secret.mappings", "differs", '["path_in_body"]'), row("storage.etag_is_md5", "holds")]
    table = {**artifact("table", json.dumps(rows)), "key": "probe-abc", "description": "1 holds, 1 differs"}
    calls = {**artifact("table", "[]"), "key": "probe-calls-abc"}
    code, printed = run(layout, Script(ENDED, artifacts=[calls, table]), probe)
    assert code == 1
    assert 'secret.mappings  differs: set ["path_in_body"]  (so it was seen)' in printed
    assert "etag_is_md5" not in printed
    assert "1 holds, 1 differs" in printed


def test_nothing_different_is_0(layout: Layout) -> None:
    """What cannot be told is no difference."""
    rows = [row("logs.name", "cannot be told without creating")]
    table = {**artifact("table", json.dumps(rows)), "key": "probe-abc"}
    code, printed = run(layout, Script(ENDED, artifacts=[table]), probe)
    assert code == 0
    assert "logs.name  cannot be told" in printed


def test_a_real_cloud_needs_make_up_first(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of the command's own would have no block for it."""
    monkeypatch.setenv("CLOUD", "cloudru")
    console = Console(file=StringIO())
    with pytest.raises(LocalError, match="run `make up`, save the credentials block cloudru"):
        probe(layout, console)
