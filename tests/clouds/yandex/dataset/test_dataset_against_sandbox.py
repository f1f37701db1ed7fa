"""Datasets of the client against the running sandbox: validated rows, parts in a real store, runs that broke off."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from clouds.errors import AuthenticationError, ConnectionFailedError, PermissionDeniedError
from clouds.yandex.assumptions import Assumptions, ConnectionAssumptions, DatasetAssumptions
from clouds.yandex.auth import read_authorized_key
from clouds.yandex.client import YandexClient
from clouds.yandex.dataset import EnsuredDataset, InvalidDatasetError
from sandbox.settings import YANDEX_FOLDER_ID
from tests.clouds.yandex.keys import authorized_key_json
from tests.support.sandbox_process import SandboxProcess

LEAST_PART_BYTES = 5 * 1024**2
IN_PARTS = Assumptions(dataset=DatasetAssumptions(multipart_above_bytes=LEAST_PART_BYTES, part_bytes=LEAST_PART_BYTES))
ROWS = [{"anchor": f"question {number}", "positive": f"answer {number}"} for number in range(12)]
SERVICE = "DatasetService"
STORE = "storage.yandexcloud.net/ai-fomo-drafts-prod/."


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[YandexClient]:
    """Give a client with an authorized key of an empty sandbox, on the real clock."""
    sandbox.reset()
    sandbox.empty()
    with connect(sandbox) as made:
        yield made


def connect(sandbox: SandboxProcess, key: str = "", assumptions: Assumptions = IN_PARTS) -> YandexClient:
    """Make a client; the key is the sandbox's own unless another is given."""
    return YandexClient(
        folder_id=YANDEX_FOLDER_ID,
        auth=read_authorized_key(key or json.dumps(sandbox.authorized_key())),
        endpoints=sandbox.yandex_endpoints,
        assumptions=assumptions,
    )


def ensure(client: YandexClient, folder: Path, rows: Iterable[dict[str, Any]] = ROWS) -> EnsuredDataset:
    """Write the rows and ensure their dataset."""
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    path = UPath(folder / "rows.jsonl")
    path.write_bytes(content)
    return client.datasets.ensure(
        name="rows", kind="pair", path=path, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
    )


def succeeded(sandbox: SandboxProcess, method: str) -> int:
    """Count the calls of one method that were answered."""
    return sum(row["path"].endswith(f"{SERVICE}/{method}") and row["status"] == 200 for row in sandbox.requests())


def asked(sandbox: SandboxProcess, method: str) -> int:
    """Count the calls of one method."""
    return sum(request["path"].endswith(f"{SERVICE}/{method}") for request in sandbox.requests())


def test_rows_are_validated_and_found_again(sandbox: SandboxProcess, client: YandexClient, tmp_path: Path) -> None:
    """Created once; the same content is adopted without an upload."""
    made = ensure(client, tmp_path)
    assert (made.action, made.rows) == ("created", 12)
    again = ensure(client, tmp_path)
    assert (again.action, again.dataset_id) == ("adopted", made.dataset_id)
    assert (asked(sandbox, "Create"), asked(sandbox, "GetUploadDraftUrl")) == (1, 1)


def test_a_large_file_goes_in_parts(sandbox: SandboxProcess, client: YandexClient, tmp_path: Path) -> None:
    """16 MB in three parts of a real store, one of which it refuses at first; every row is read."""
    sandbox.fault(STORE, method="PUT", status=503)
    long = [{"anchor": f"{number} {'a' * 8000}", "positive": "p" * 8000} for number in range(1000)]
    assert ensure(client, tmp_path, long).rows == 1000
    assert asked(sandbox, "FinishMultipartUploadDraft") == 1
    assert sandbox.all_faults_used()


def test_bad_rows_are_told(client: YandexClient, tmp_path: Path) -> None:
    """Which row has what; the next run says it again and makes no second dataset."""
    rows = [*ROWS, {"anchor": "a", "positive": 7}]
    for _ in range(2):
        with pytest.raises(InvalidDatasetError, match="rows") as caught:
            ensure(client, tmp_path, rows)
        assert any(fault.rows for fault in caught.value.faults)
    assert len(list(client.datasets.list())) == 1


@pytest.mark.parametrize("method", ["Create", "GetUploadDraftUrl", "Validate"])
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_reply_of_any_call_leaves_one_dataset(
    sandbox: SandboxProcess, client: YandexClient, tmp_path: Path, method: str, drop: str
) -> None:
    """Carried out: the call ends well. Not: its error remains, and the next call makes the one dataset."""
    sandbox.fault(f"{SERVICE}/{method}", drop=drop)
    quick = Assumptions(connection=ConnectionAssumptions(visible_within_s=1.0))
    with connect(sandbox, assumptions=quick) as hasty:
        if drop == "before" and method != "GetUploadDraftUrl":
            with pytest.raises(ConnectionFailedError):
                ensure(hasty, tmp_path)
        assert ensure(hasty, tmp_path).rows == 12
    assert len(list(client.datasets.list())) == 1
    assert succeeded(sandbox, "Validate") <= 1


@pytest.mark.parametrize(
    ("place", "method"),
    [
        (f"{SERVICE}/GetUploadDraftUrl", "POST"),
        (STORE, "PUT"),
        (f"{SERVICE}/Validate", "POST"),
        ("OperationService/Get", "POST"),
    ],
    ids=["created", "url known", "uploaded", "validating"],
)
def test_a_run_that_broke_off_is_taken_up(
    sandbox: SandboxProcess, client: YandexClient, tmp_path: Path, place: str, method: str
) -> None:
    """Wherever the first run ended, the second ends with its dataset, and validates it once."""
    sandbox.fault(place, method=method, status=403)
    with pytest.raises(PermissionDeniedError):
        ensure(client, tmp_path)
    assert sandbox.all_faults_used()
    (draft,) = client.datasets.list()
    finished = ensure(client, tmp_path)
    assert (finished.dataset_id, finished.action, finished.rows) == (draft.dataset_id, "adopted", 12)
    assert (asked(sandbox, "Create"), succeeded(sandbox, "Validate")) == (1, 1)


def test_strangers_and_the_roleless_learn_what_to_do(sandbox: SandboxProcess, client: YandexClient) -> None:
    """A key that IAM does not know, then a service account without the role."""
    with (
        connect(sandbox, authorized_key_json()) as stranger,
        pytest.raises(AuthenticationError, match="make a new key"),
    ):
        next(stranger.datasets.list(), None)
    sandbox.set(yandex_roles=["ai.languageModels.user"])
    with pytest.raises(PermissionDeniedError, match=r"ai\.datasets\.editor"):
        next(client.datasets.list(), None)


def test_tokens_expire_and_are_renewed(sandbox: SandboxProcess, client: YandexClient) -> None:
    """A token that is refused is replaced without the caller's doing."""
    next(client.datasets.list(), None)
    sandbox.advance(13 * 3600)  # the client's clock does not know
    next(client.datasets.list(), None)
    assert sum(request["path"].endswith("IamTokenService/Create") for request in sandbox.requests()) == 2
