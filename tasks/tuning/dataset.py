"""The datasets of a tuning: found by their content, else created, uploaded and validated."""

from typing import Literal

from prefect import get_run_logger
from upath import UPath

from blocks.yandex import YandexCloudCredentials
from clouds.yandex.dataset import EnsuredDataset, InvalidDatasetError
from domain.embedder_tuning import EmbedderTuning
from domain.keys import TuningKey, artifact_key
from domain.training_data.files import PreparedFile
from tasks.run.artifacts import write_table
from tasks.run.progress import duration, progress
from tasks.run.steps import LOOK_FIRST, step, stop_when_another_failed

LONGEST_NAME = 63
HASH_DIGITS = 8
Part = Literal["training", "validation"]


@step("ensure-dataset", run_name="ensure-dataset {part}", **LOOK_FIRST)
def ensure_dataset(
    yandex: YandexCloudCredentials, tuning: EmbedderTuning, file: PreparedFile | None, part: Part
) -> EnsuredDataset | None:
    """Adopt the dataset with the file's content, whatever its name, or make it; returns when it is READY.

    Raises:
        InvalidDatasetError: the service's validation refused rows; a table artifact shows them.

    """
    if file is None:
        return None
    name = dataset_name(tuning.name, file.sha256)
    with progress(artifact_key("dataset", yandex.folder_id, name), f"Dataset {name}", total=1, notes=True) as advance:

        def on_look(seen: str, elapsed_s: float) -> None:
            stop_when_another_failed()
            advance(0, f"{seen}, {duration(elapsed_s)}")

        try:
            ensured = yandex.get_client().datasets.ensure(
                name=name,
                kind=tuning.data.kind,
                path=UPath(file.place).expanduser(),
                sha256=file.sha256,
                size_bytes=file.size_bytes,
                description=f"{part} data of {tuning.name}",
                labels=tuning.labels,
                on_look=on_look,
            )
        except InvalidDatasetError as error:
            _show(TuningKey(yandex.folder_id, name), file, error)
            raise
        advance(1, ensured.action)
    get_run_logger().info("%s data: dataset %s %s, %s rows", part, ensured.dataset_id, ensured.action, ensured.rows)
    return ensured


def _show(dataset: TuningKey, file: PreparedFile, error: InvalidDatasetError) -> None:
    write_table(
        dataset,
        "invalid",
        [
            {"error": fault.error, "description": fault.description, "rows": ", ".join(map(str, fault.rows))}
            for fault in error.faults
        ],
        f"What the service's validation says of {file.place}",
    )


def dataset_name(tuning: str, sha256: str) -> str:
    """Return a name that the tuning's and the file's content make: safe wherever the tuning's is."""
    return f"{tuning[: LONGEST_NAME - HASH_DIGITS - 1].rstrip('-')}-{sha256[:HASH_DIGITS]}"
