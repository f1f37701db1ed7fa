"""Look at training data before anything is uploaded, whole, in memory that does not grow with it.

What is uploaded is the file itself, or, when prefixes are asked for or a part is held out as validation data, files
written for it. Either way the SHA-256 of the bytes to be uploaded is known, by which a dataset is found again.
"""

from collections.abc import Sequence
from pathlib import Path

from prefect import get_run_logger

from clouds.errors import ConfigurationError
from domain.faults import refuse
from domain.keys import TuningKey
from domain.sizes import size_text
from domain.training_data.check import Check, CheckedData
from domain.training_data.spec import TrainingDataSpec
from domain.training_data.table import training_table
from tasks.run import sources
from tasks.run.artifacts import write_table
from tasks.run.progress import progress
from tasks.run.steps import step


@step("check-training-data")
def check_training_data(data: TrainingDataSpec, tuning: TuningKey, *, folder: str) -> CheckedData:
    """Judge every line, show what is there, and return the files to upload; `folder` takes those that are written.

    Raises:
        ConfigurationError: a file cannot be read, or a line for each of the first faults that are not tolerated.

    """
    name = tuning.name
    places = [*data.sources, *([data.validation] if data.validation is not None else [])]
    total = _total_bytes(places)
    read = [0]
    with progress(tuning.artifact("check"), f"Training data of {name}", total=total) as advance:

        def on_read(size: int) -> None:
            read[0] += size
            advance(read[0], f"{size_text(read[0])} of {size_text(total)}")

        check = Check(data, Path(folder), sources, on_read)
        checked = check.run()
    write_table(
        tuning,
        "training-data",
        training_table(checked),
        f"Training data of {name}: {sum(file.rows for file in checked.training)} rows",
    )
    check.faults.refuse(data.tolerate)
    for fault in checked.faults:
        get_run_logger().warning("%s", fault)
    return checked


def _total_bytes(places: Sequence[str]) -> int:
    """Return the size of all files; ConfigurationError has a line for each that cannot be read."""
    total, faults = 0, list[str]()
    for place in places:
        try:
            total += sources.size_bytes(place)
        except ConfigurationError as error:
            faults += error.lines
    refuse(faults)
    return total
