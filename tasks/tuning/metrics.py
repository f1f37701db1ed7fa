"""The metrics of a training: stored at once, since it is not known how long their address is good, and shown."""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from prefect import get_run_logger
from prefect.runtime import task_run
from upath import UPath

from blocks.yandex import YandexCloudCredentials
from clouds.errors import CloudError, ConnectionFailedError, UnavailableError
from clouds.yandex.metrics.archive import unpack
from clouds.yandex.metrics.event_files import read_scalars
from clouds.yandex.scalars import Scalars
from clouds.yandex.tuning import FinishedTuning
from domain.keys import TuningKey
from domain.reports.curves import CurveReport, MetricsReport, curves_markdown
from tasks.run.artifacts import write_page, write_table
from tasks.run.steps import LOOK_FIRST, step

ARCHIVE = "metrics.zip"


@step("fetch-metrics", **LOOK_FIRST)
def fetch_metrics(yandex: YandexCloudCredentials, name: str, tuned: FinishedTuning, results: str) -> MetricsReport:
    """Keep the tuning's metrics under `results`/name/task id, and show its curves.

    Metrics that are missing, unreadable or cannot be kept are a warning and do not end the run: they are an account of
    the model, and the model itself is judged by what it finds.
    """
    kept_in, lost = kept_below(results, name, tuned.task_id)
    with tempfile.TemporaryDirectory(prefix="metrics-") as temporary:
        work = Path(temporary)
        archive = work / ARCHIVE
        try:
            if not yandex.get_client().metrics.download(tuned.task_id, archive):
                return _without("the service has no metrics of this tuning")
            lost = lost or _not_kept([archive], work, kept_in)
            files = unpack(archive, work / "events")
            scalars = [each for each in read_scalars(work / "events") if each.values]
        except Exception as error:  # whatever the reader of event files says of files that are damaged
            tried_again = isinstance(error, ConnectionFailedError | UnavailableError)
            if tried_again and (task_run.run_count or 1) <= LOOK_FIRST["retries"]:
                raise
            return _without(error.message if isinstance(error, CloudError) else f"they cannot be read: {error}")
        lost = lost or _not_kept(files, work, kept_in)
    curves = tuple(CurveReport.of(each) for each in scalars)
    if not curves:
        return _without(f"the archive holds no TensorBoard scalars: {[path.name for path in files][:5]}")
    show_curves(TuningKey(yandex.folder_id, name), scalars, curves)
    names = [ARCHIVE, *(path.relative_to(work).as_posix() for path in files)]
    if lost:
        get_run_logger().warning("The files of the metrics are not kept: %s", lost)
        return MetricsReport(folder="", files=(), curves=curves, problem=lost)
    return MetricsReport(folder=str(kept_in), files=tuple(names), curves=curves)


def kept_below(results: str, name: str, task_id: str) -> tuple[UPath | None, str]:
    """Return the folder of a tuning's metrics; None, and why, when `results` names the home of no user."""
    try:
        return UPath(results).expanduser() / name / task_id, ""
    except (ImportError, RuntimeError, ValueError) as error:  # fsspec: of a protocol; pathlib: no home of such a user
        return None, f"{results} cannot be written: {error}"


def keep(files: Iterable[Path], root: Path, folder: UPath) -> None:
    """Copy files to a folder or fsspec URL, below which they lie as below `root`."""
    for path in files:
        target = folder / path.relative_to(root).as_posix()
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)


def _not_kept(files: Iterable[Path], root: Path, folder: UPath | None) -> str:
    """Keep files, or say in one line why they are not kept: the judgement does not wait for a disk."""
    if folder is None:
        return ""
    try:
        keep(files, root, folder)
    except Exception as error:  # noqa: BLE001  # file systems of fsspec let the errors of their libraries through
        return f"{folder} cannot be written: {getattr(error, 'strerror', None) or error}"
    return ""


def _without(problem: str) -> MetricsReport:
    get_run_logger().warning("No curves: %s", problem)
    return MetricsReport(folder="", files=(), curves=(), problem=problem)


def show_curves(tuning: TuningKey, scalars: Sequence[Scalars], curves: Sequence[CurveReport]) -> None:
    """Write the pages of the curves."""
    shown = curves_markdown(tuning.name, scalars, tuning.artifact("judgement"))
    write_page(tuning, "loss", shown, f"Loss curve of {tuning.name}")
    write_table(
        tuning, "metrics", [curve.model_dump() for curve in curves], f"Metrics of the training of {tuning.name}"
    )
