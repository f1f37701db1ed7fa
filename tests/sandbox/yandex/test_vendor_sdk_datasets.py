"""The vendor's own SDK, unmodified, makes and reads datasets in the sandbox."""

from pathlib import Path

import pytest
from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.auth import IAMTokenAuth
from yandex_ai_studio_sdk.exceptions import DatasetValidationError

from sandbox.settings import YANDEX_FOLDER_ID
from tests.sandbox.yandex.folder import PAIR, PAIRS, TRIPLET, Folder, json_lines
from tests.sandbox.yandex.test_iam import exchange, signed
from tests.sandbox_process import SandboxProcess

LOOK_EVERY_S = 0.02
SMALLEST_CHUNK_BYTES = 5 * 2**20


def test_it_uploads_validates_lists_reads_and_deletes(sdk: AIStudio, tmp_path: Path) -> None:
    """As its examples do: from a file to a dataset that is read again record by record."""
    rows = [{"anchor": f"вопрос {number}", "positive": f"ответ {number}"} for number in range(30)]
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(json_lines(rows))
    draft = sdk.datasets.draft_from_path(path, task_type=PAIR, upload_format="jsonlines", name="pairs")
    dataset = draft.upload(poll_interval=LOOK_EVERY_S)
    assert (dataset.status.name, dataset.rows) == ("READY", 30)
    assert [each.id for each in sdk.datasets.list(status="READY")] == [dataset.id]
    assert list(dataset.read()) == rows
    dataset.update(name="renamed")
    assert sdk.datasets.get(dataset.id).name == "renamed"
    dataset.delete()
    assert not list(sdk.datasets.list())


def test_it_uploads_in_parts(sdk: AIStudio, tmp_path: Path) -> None:
    """Its own arithmetic of parts, two at a time."""
    row = {"anchor": "a" * 1000, "positive": "b" * 1000, "negative": "c" * 1000}
    path = tmp_path / "triplets.jsonl"
    path.write_bytes(json_lines([row]) * 4000)
    draft = sdk.datasets.draft_from_path(path, task_type=TRIPLET, upload_format="jsonlines", name="triplets")
    dataset = draft.upload(poll_interval=LOOK_EVERY_S, chunk_size=SMALLEST_CHUNK_BYTES, parallelism=2)
    assert (dataset.status.name, dataset.rows) == ("READY", 4000)


def test_it_says_what_is_wrong_with_the_data(sdk: AIStudio, tmp_path: Path) -> None:
    """Its DatasetValidationError carries the faults and their rows; the schema that it reads is the one checked."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(PAIRS + b"not json\n")
    draft = sdk.datasets.draft_from_path(path, task_type=PAIR, upload_format="jsonlines", name="bad")
    with pytest.raises(DatasetValidationError) as caught:
        draft.upload(poll_interval=LOOK_EVERY_S)
    assert [error.rows for error in caught.value.errors] == [(3,)]
    (schema,) = sdk.datasets.list_upload_schemas(PAIR)
    assert isinstance(schema.json, dict)
    assert schema.json["required"] == ["anchor", "positive"]


def test_it_comes_in_with_a_token(sandbox: SandboxProcess, folder: Folder) -> None:
    """An IAM token is taken as the API key is."""
    dataset_id = folder.draft("by stub")
    token = exchange(sandbox, signed(sandbox.authorized_key())).iam_token
    sdk = AIStudio(folder_id=YANDEX_FOLDER_ID, auth=IAMTokenAuth(token), endpoint=sandbox.grpc_address, verify=False)
    assert [each.id for each in sdk.datasets.list()] == [dataset_id]
