"""The vendor's own SDK, unmodified, makes and reads datasets in the sandbox: what its examples do, sync and async."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.auth import IAMTokenAuth
from yandex_ai_studio_sdk.exceptions import DatasetValidationError

from sandbox.settings import YANDEX_FOLDER_ID
from tests.sandbox.yandex.studio import LOOK_EVERY_S, Studio
from tests.sandbox.yandex.test_iam import exchange, signed
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import PAIR, PAIRS, TRIPLET, Folder, json_lines

SMALLEST_CHUNK_BYTES = 5 * 2**20
GENERATION = "TextToTextGeneration"
TALKS: list[dict[str, Any]] = [
    {
        "request": [{"role": "system", "text": "Отвечай кратко."}, {"role": "user", "text": f"Сколько будет {n} и 1?"}],
        "response": str(n + 1),
    }
    for n in range(3)
]
TASK_TYPES = (
    GENERATION, "TextToTextGenerationRequest", "ImageTextToTextGenerationRequest", PAIR, TRIPLET,
    "TextClassificationMultilabel", "TextClassificationMulticlass",
)  # fmt: skip


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Write questions with answers, as text generation is tuned on."""
    path = tmp_path / "completions.jsonlines"
    path.write_bytes(json_lines(TALKS))
    return path


def test_it_uploads_lists_and_deletes(studio: Studio, talks: Path) -> None:
    """A draft at once, and one whose fields are set afterwards; both are found by name, each by its type."""
    datasets = studio.sdk.datasets
    first = datasets.draft_from_path(talks, task_type=GENERATION, upload_format="jsonlines", name="talks")
    assert studio(first.upload(poll_interval=LOOK_EVERY_S)).status.name == "READY"
    second = datasets.completions.draft_from_path(talks)
    second.upload_format, second.name, second.allow_data_logging = "jsonlines", "talks", True
    made = studio.done(second.upload_deferred())
    assert (made.rows, made.task_type, made.allow_data_logging) == (len(TALKS), GENERATION, True)
    assert len(studio(datasets.completions.list(name_pattern="talk"))) == 2
    for dataset in studio(datasets.list(name_pattern="talk")):
        studio(dataset.delete())
    assert studio(datasets.list()) == []


@pytest.mark.parametrize("task_type", [GENERATION, PAIR])
def test_it_reads_and_downloads(studio: Studio, tmp_path: Path, task_type: str) -> None:
    """Record by record, and as the Parquet files that a reader of one's own opens: the rows that were uploaded."""
    rows: list[dict[str, Any]] = [{"anchor": f"вопрос {n}", "positive": f"ответ {n}"} for n in range(30)]
    rows = TALKS if task_type == GENERATION else rows
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json_lines(rows))
    draft = studio.sdk.datasets.draft_from_path(path, task_type=task_type, upload_format="jsonlines", name="rows")
    dataset = studio(draft.upload(poll_interval=LOOK_EVERY_S))
    assert studio(dataset.read()) == rows
    (tmp_path / "taken").mkdir()
    paths = studio(dataset.download(download_path=tmp_path / "taken"))
    assert [row for path in paths for row in pq.read_table(path).to_pylist()] == rows
    studio(dataset.update(name="renamed"))
    assert studio(studio.sdk.datasets.get(dataset.id)).name == "renamed"


def test_it_uploads_in_parts(studio: Studio, tmp_path: Path) -> None:
    """Its own arithmetic of parts, two at a time."""
    row = {"anchor": "a" * 1000, "positive": "b" * 1000, "negative": "c" * 1000}
    path = tmp_path / "triplets.jsonl"
    path.write_bytes(json_lines([row]) * 4000)
    draft = studio.sdk.datasets.draft_from_path(path, task_type=TRIPLET, upload_format="jsonlines", name="triplets")
    upload = draft.upload(poll_interval=LOOK_EVERY_S, chunk_size=SMALLEST_CHUNK_BYTES, parallelism=2)
    dataset = studio(upload)
    assert (dataset.status.name, dataset.rows) == ("READY", 4000)


@pytest.mark.parametrize("task_type", [GENERATION, PAIR])
def test_it_says_what_is_wrong_with_the_data(studio: Studio, tmp_path: Path, task_type: str) -> None:
    """An error with the faults and their rows, or on demand a dataset that is INVALID; either is deleted."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes((PAIRS if task_type == PAIR else json_lines(TALKS[:2])) + b"not json\n")
    draft = studio.sdk.datasets.draft_from_path(path, task_type=task_type, upload_format="jsonlines", name="bad")
    with pytest.raises(DatasetValidationError) as caught:
        studio.done(draft.upload_deferred())
    assert [error.rows for error in caught.value.errors] == [(3,)]
    studio(studio(studio.sdk.datasets.get(caught.value.dataset_id)).delete())
    invalid = studio(draft.upload(raise_on_validation_failure=False, poll_interval=LOOK_EVERY_S))
    assert invalid.status.name == "INVALID"
    studio(invalid.delete())
    assert studio(studio.sdk.datasets.list()) == []


def test_it_asks_for_the_schema_of_every_type(studio: Studio) -> None:
    """Those that can be uploaded here have one that it reads; for the others there is none, and no error."""
    asked = {name: studio(studio.sdk.datasets.list_upload_schemas(name)) for name in TASK_TYPES}
    required = {name: schemas[0].json["required"] for name, schemas in asked.items() if schemas}
    assert required == {
        GENERATION: ["request", "response"],
        PAIR: ["anchor", "positive"],
        TRIPLET: ["anchor", "positive", "negative"],
    }


def test_it_comes_in_with_a_token(sandbox: SandboxProcess, folder: Folder) -> None:
    """An IAM token is taken as the API key is."""
    dataset_id = folder.draft("by stub")
    token = exchange(sandbox, signed(sandbox.authorized_key())).iam_token
    sdk = AIStudio(folder_id=YANDEX_FOLDER_ID, auth=IAMTokenAuth(token), endpoint=sandbox.grpc_address, verify=False)
    assert [each.id for each in sdk.datasets.list()] == [dataset_id]
