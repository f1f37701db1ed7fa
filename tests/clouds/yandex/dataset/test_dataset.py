"""A dataset is found by its content, made once, and finished from wherever a run stopped."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.status_pb2 import Status
from upath import UPath
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, ValidationError

from clouds.errors import (
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    DeadlineError,
    FailedStateError,
    PermissionDeniedError,
)
from clouds.yandex.assumptions import Assumptions, DatasetAssumptions
from clouds.yandex.client import YandexClient
from clouds.yandex.dataset import EnsuredDataset, InvalidDatasetError, ValidationFault
from tests.clouds.yandex.dataset.played_datasets import PlayedDatasets
from tests.clouds.yandex.dataset.put_server import PutServer
from tests.clouds.yandex.played_services import LOST, PlayedServices, Refusal
from tests.support.virtual_time import VirtualTime

ROWS = b'{"anchor": "a", "positive": "b"}\n' * 40
CREATE, VALIDATE = "DatasetService.Create", "DatasetService.Validate"
FINISH = "DatasetService.FinishMultipartUploadDraft"
IN_PARTS = Assumptions(dataset=DatasetAssumptions(multipart_above_bytes=1000, part_bytes=400))


@pytest.fixture
def played(services: PlayedServices, store: PutServer) -> PlayedDatasets:
    """Play DatasetService."""
    return PlayedDatasets(services, store)


@pytest.fixture
def rows(tmp_path: Path) -> UPath:
    """Write the training data."""
    path = UPath(tmp_path / "pairs.jsonl")
    path.write_bytes(ROWS)
    return path


def ensure(client: YandexClient, path: UPath, **changes: Any) -> EnsuredDataset:
    """Ensure the dataset of the file."""
    options: dict[str, Any] = {
        "name": "pairs",
        "kind": "pair",
        "path": path,
        "sha256": hashlib.sha256(ROWS).hexdigest(),
        "size_bytes": len(ROWS),
        **changes,
    }
    return client.datasets.ensure(**options)


def test_new_content_is_created_uploaded_and_validated(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, store: PutServer, rows: UPath
) -> None:
    """Create, one PUT of the exact bytes with their length and without a token, Validate, READY."""
    seen: list[str] = []
    made = ensure(yandex, rows, labels={"tuning": "t"}, description="d", on_look=lambda words, _: seen.append(words))
    assert made == EnsuredDataset("fds00000000000000001", "pairs", "created", 4, 2502, hashlib.sha256(ROWS).hexdigest())
    (request,) = services.asked(CREATE)
    assert (request.task_type, request.upload_format, request.description) == ("TextEmbeddingsPair", "jsonlines", "d")
    assert dict(request.labels) == {"tuning": "t", "sha256": hashlib.sha256(ROWS).hexdigest()[:63]}
    (put,) = store.puts
    assert put.body == ROWS
    assert put.headers["content-length"] == str(len(ROWS))
    assert not {"transfer-encoding", "authorization"} & put.headers.keys()
    assert played.statuses() == ["READY"]
    assert seen == ["validating", "validating: 2 of 4 rows, 1 valid", "validating: 2 of 4 rows, 1 valid", "READY"]


def test_content_that_is_there_is_adopted_whatever_its_name(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, store: PutServer, rows: UPath
) -> None:
    """The same bytes under another name, on the third page: nothing is sent."""
    for other in range(4):
        played.add(DatasetInfo.READY, sha256=f"{other}" * 64)
    there = played.add(DatasetInfo.READY, sha256=hashlib.sha256(ROWS).hexdigest(), name="otherwise")
    adopted = ensure(yandex, rows)
    assert (adopted.dataset_id, adopted.name, adopted.action) == (there.dataset_id, "otherwise", "adopted")
    assert store.puts == services.asked(CREATE) == []
    assert [dataset.dataset_id for dataset in yandex.datasets.list()] == list(played.datasets)


def test_of_several_with_the_same_content_the_furthest_is_taken(yandex: YandexClient, played: PlayedDatasets) -> None:
    """READY before VALIDATING before DRAFT, the oldest of equals; what is being deleted is not there."""
    content = "ab" * 32
    expected: list[str] = []
    for status in (
        DatasetInfo.DELETING,
        DatasetInfo.DRAFT,
        DatasetInfo.VALIDATING,
        DatasetInfo.READY,
        DatasetInfo.READY,
    ):
        played.add(status, sha256=content)
        found = yandex.datasets.find(content, "pair")
        expected.append(found.dataset_id[-1] if found else "")
    assert expected == ["", "2", "3", "4", "4"]
    assert yandex.datasets.find(content, "triplet") is None


def test_a_draft_of_a_run_that_died_is_uploaded_again(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, store: PutServer, rows: UPath
) -> None:
    """Killed after Create: the draft is filled, and stays the only one."""
    played.add(DatasetInfo.DRAFT, sha256=hashlib.sha256(ROWS).hexdigest())
    assert ensure(yandex, rows).action == "adopted"
    assert store.bodies == [ROWS]
    assert services.asked(CREATE) == []
    assert played.statuses() == ["READY"]


@pytest.mark.parametrize("status", [DatasetInfo.VALIDATING, DatasetInfo.DRAFT])
def test_a_validation_of_a_run_that_died_is_waited_for(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, store: PutServer, rows: UPath, status: Any
) -> None:
    """Killed after Validate, its status told or not yet: nothing is sent again."""
    dataset = played.add(DatasetInfo.DRAFT, sha256=hashlib.sha256(ROWS).hexdigest())
    played.begin_validation(dataset)
    dataset.status = status
    assert ensure(yandex, rows).rows == 4
    assert store.puts == services.asked(VALIDATE) == []


def test_a_validation_whose_operation_is_gone_is_told_by_its_dataset(
    yandex: YandexClient, played: PlayedDatasets, time: VirtualTime, rows: UPath
) -> None:
    """Two weeks later the operation answers NOT_FOUND; Describe says what became of it."""
    dataset = played.add(DatasetInfo.DRAFT, sha256=hashlib.sha256(ROWS).hexdigest())
    played.gone_operations.add(played.begin_validation(dataset).id)
    with pytest.raises(DeadlineError, match="VALIDATING"):
        ensure(yandex, rows, deadline_s=100)
    assert sum(time.slept_s) == pytest.approx(100)
    dataset.status = DatasetInfo.READY
    assert ensure(yandex, rows).action == "adopted"


def test_a_validation_that_broke_off_is_done_again_at_the_next_run(
    yandex: YandexClient, played: PlayedDatasets, store: PutServer, rows: UPath
) -> None:
    """The operation's error is told when it is done, not before; the next run uploads and validates anew."""
    played.broken = Status(code=grpc.StatusCode.INTERNAL.value[0], message="out of disk")
    with pytest.raises(FailedStateError, match="failed with INTERNAL: out of disk") as caught:
        ensure(yandex, rows)
    assert caught.value.reason == "out of disk"
    played.broken = None
    assert ensure(yandex, rows).action == "adopted"
    assert store.bodies == [ROWS, ROWS]


def test_faults_are_told_with_their_rows(
    yandex: YandexClient, played: PlayedDatasets, store: PutServer, rows: UPath
) -> None:
    """is_valid false is no operation error; the error carries every fault, and so it does on the next run."""
    played.faults = [
        ValidationError(error="EMPTY", error_description="anchor is empty", row_numbers=range(3, 15)),
        ValidationError(error="SCHEMA"),
    ]
    for _ in range(2):
        with pytest.raises(
            InvalidDatasetError, match=r"EMPTY: anchor is empty \(rows 3, 4, .* and 2 more\); SCHEMA"
        ) as told:
            ensure(yandex, rows)
        assert told.value.faults[0] == ValidationFault("EMPTY", "anchor is empty", tuple(range(3, 15)))
        again = pickle.loads(pickle.dumps(told.value))  # noqa: S301  # our own bytes
        assert (again.faults, again.dataset_id, str(again)) == (
            told.value.faults,
            told.value.dataset_id,
            str(told.value),
        )
    assert len(store.puts) == 1
    assert played.statuses() == ["INVALID"]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_reply_never_makes_a_second_dataset(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, rows: UPath, *, carried_out: bool
) -> None:
    """A Create without an answer is looked for; when nothing is seen the next call creates."""

    def lost(request: Any) -> Any:
        if carried_out:
            played.create(request)
        raise LOST

    services.tell(CREATE, lost, played.create)
    if not carried_out:
        with pytest.raises(ConnectionFailedError):
            ensure(yandex, rows)
    assert ensure(yandex, rows).rows == 4
    assert len(played.datasets) == 1
    assert len(services.asked(CREATE)) == (1 if carried_out else 2)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_reply_never_makes_a_second_validation(
    yandex: YandexClient, played: PlayedDatasets, services: PlayedServices, rows: UPath, *, carried_out: bool
) -> None:
    """A Validate without an answer is found by ListOperationsIds; when it is not, the next call begins it."""

    def lost(request: Any) -> Any:
        if carried_out:
            played.validate(request)
        raise LOST

    services.tell(VALIDATE, lost, played.validate)
    if not carried_out:
        with pytest.raises(ConnectionFailedError):
            ensure(yandex, rows)
    assert ensure(yandex, rows).rows == 4
    assert len(services.asked(VALIDATE)) == (1 if carried_out else 2)


def test_a_large_file_goes_in_parts_each_looked_at(
    make_yandex: Callable[[Assumptions], YandexClient],
    played: PlayedDatasets,
    services: PlayedServices,
    store: PutServer,
    rows: UPath,
) -> None:
    """A part that is refused in passing is sent again; the parts are joined by number and ETag, in order."""
    store.answers = [200, 503, 0, 200]
    ensure(make_yandex(IN_PARTS), rows)
    size = -(-len(ROWS) // 3)
    first, second, third = ROWS[:size], ROWS[size : 2 * size], ROWS[2 * size :]
    assert store.bodies == [first, second, second, second, third]
    (request,) = services.asked("DatasetService.StartMultipartUploadDraft")
    assert (request.parts, request.size_bytes) == (3, len(ROWS))
    md5 = [f'"{hashlib.md5(part, usedforsecurity=False).hexdigest()}"' for part in (first, second, third)]
    assert played.joined == [list(enumerate(md5, 1))]


def test_a_lost_reply_to_the_joining_is_taken_for_done(
    make_yandex: Callable[[Assumptions], YandexClient],
    played: PlayedDatasets,
    services: PlayedServices,
    store: PutServer,
    rows: UPath,
) -> None:
    """The second joining is refused because the first one was carried out: nothing is uploaded again."""

    def lost(request: Any) -> Any:
        played.finish_multipart_upload_draft(request)
        raise LOST

    services.tell(FINISH, lost, played.finish_multipart_upload_draft)
    assert ensure(make_yandex(IN_PARTS), rows).rows == 4
    assert (len(store.puts), len(services.asked(FINISH))) == (3, 2)


def test_a_refused_joining_is_told(
    make_yandex: Callable[[Assumptions], YandexClient], played: PlayedDatasets, services: PlayedServices, rows: UPath
) -> None:
    """A refusal at the first joining is no lost reply."""
    services.tell(FINISH, Refusal(grpc.StatusCode.INVALID_ARGUMENT, "part 2 is missing"))
    with pytest.raises(BadRequestError, match="part 2 is missing"):
        ensure(make_yandex(IN_PARTS), rows)
    assert played.statuses() == ["DRAFT"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(ROWS[:-7], "has 1313 bytes and had 1320"), (ROWS.replace(b"b", b"c"), "changed while it was sent")],
)
def test_a_file_that_changed_is_never_validated(
    yandex: YandexClient, played: PlayedDatasets, rows: UPath, content: bytes, told: str
) -> None:
    """Shorter, or of the same size: the draft stays a draft."""
    rows.write_bytes(content)
    with pytest.raises(ConfigurationError, match=told):
        ensure(yandex, rows)
    assert played.statuses() == ["DRAFT"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "0 characters"),
        ({"name": "n" * 64}, "64 characters"),
        ({"size_bytes": 0}, "at least 1"),
        ({"size_bytes": 5_000_000_001}, "split it"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_sent(
    yandex: YandexClient, services: PlayedServices, rows: UPath, changes: dict[str, Any], told: str
) -> None:
    """Names have 1 to 63 characters, files up to 5 GB."""
    with pytest.raises(ConfigurationError, match=told):
        ensure(yandex, rows, **changes)
    assert services.calls == 0


def test_a_type_that_the_service_does_not_know_is_told_with_those_it_knows(
    make_yandex: Callable[[Assumptions], YandexClient], played: PlayedDatasets, services: PlayedServices, rows: UPath
) -> None:
    """Whoever follows the vendor's guide learns which assumption to correct."""
    client = make_yandex(Assumptions(dataset=DatasetAssumptions(pair_task_type="TextEmbeddingPairParams")))
    services.tell(CREATE, Refusal(grpc.StatusCode.INVALID_ARGUMENT, "unknown task type"))
    with pytest.raises(ConfigurationError, match=r"TextEmbeddingsPair, .*pair_task_type"):
        ensure(client, rows)
    assert client.datasets.types() == ("TextEmbeddingsPair", "TextEmbeddingsTriplet")
    assert played.datasets == {}


def test_a_missing_role_is_named(yandex: YandexClient, services: PlayedServices, rows: UPath) -> None:
    """PERMISSION_DENIED says which role to give, and the id to quote."""
    services.tell("DatasetService.List", Refusal(grpc.StatusCode.PERMISSION_DENIED, "Permission denied"))
    with pytest.raises(PermissionDeniedError, match=r"ai\.datasets\.editor .*x-client-request-id") as caught:
        ensure(yandex, rows)
    (sent,) = services.metadata("DatasetService.List")
    assert caught.value.request_id == sent["x-client-request-id"]


def test_a_service_that_stays_away_is_told(yandex: YandexClient, services: PlayedServices, rows: UPath) -> None:
    """A list is asked for five times, then the run ends with what was lost."""
    services.tell("DatasetService.List", LOST)
    with pytest.raises(ConnectionFailedError, match="Connection reset"):
        ensure(yandex, rows)
    assert len(services.asked("DatasetService.List")) == 5
