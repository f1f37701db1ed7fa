"""What the curves of a training do to a run, whatever values they have."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from prefect import flow

from clouds.errors import ConfigurationError
from clouds.yandex.scalars import Scalars
from domain.keys import TuningKey
from domain.reports.curves import CurveReport
from tasks.tuning.metrics import kept_below, show_curves
from tasks.tuning.preflight import check_results
from tests.support.artifacts import artifact

TUNING = TuningKey("b1gsandboxfolder0000", "odd-curves")
HUGE = Scalars("", "loss", (0, 1), (1e308, -1e308))


@flow
def show(scalars: list[Scalars]) -> str:
    """Show curves, and say that the run went on."""
    show_curves(TUNING, scalars, [CurveReport.of(each) for each in scalars])
    return "judged"


@pytest.mark.usefixtures("prefect_storage")
def test_a_picture_never_fails_a_run() -> None:
    """Values that no axis holds are left out of the picture, and their figures are shown all the same."""
    assert show([HUGE]) == "judged"

    assert "loss: 1e+308 -> -1e+308, 2 points to step 1" in artifact("loss", TUNING.name, TUNING.folder_id)["data"]


@pytest.mark.usefixtures("prefect_storage")
def test_values_that_are_no_numbers_are_shown_as_text() -> None:
    """A training that diverged logs them; JSON has no word for them."""
    assert show([Scalars("", "loss", (0, 1), (float("nan"), float("inf")))]) == "judged"

    (row,) = json.loads(artifact("metrics", TUNING.name, TUNING.folder_id)["data"])
    assert (row["first"], row["last"]) == ("nan", "inf")


def test_a_home_that_is_not_there_is_one_line() -> None:
    """`~nobody-here` names the home of a user that this worker does not have."""
    with pytest.raises(ConfigurationError) as refused:
        check_results.fn("~nobody-here/results", "shop")
    assert refused.value.message.startswith("results ~nobody-here/results cannot be written: Could not determine home ")
    folder, problem = kept_below("~nobody-here/results", "shop", "task")
    assert (folder, problem) == (None, "~nobody-here/results cannot be written: Could not determine home directory.")


def test_a_folder_that_lists_but_takes_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a key that may only read: making the folder proves nothing, so a file is written and deleted."""
    check_results.fn(str(tmp_path), "shop")
    assert list((tmp_path / "shop").iterdir()) == []

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MemoryFileSystem, "_open", refuse)
    with pytest.raises(ConfigurationError, match="results memory://kept cannot be written: No space left on device; "):
        check_results.fn("memory://kept", "shop")
