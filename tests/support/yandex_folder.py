"""A folder as a client of the official stubs sees it, and the fixtures of the tests that use one."""

import itertools
import json
from collections.abc import Callable, Generator, Iterable
from typing import Any

import grpc
import httpx
import pytest
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub

from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess

PAIR, TRIPLET = "TextEmbeddingsPair", "TextEmbeddingsTriplet"
PAIRS = b'{"anchor": "a", "positive": "b"}\n{"anchor": "c", "positive": "d"}\n'
MOST_LOOKS = 10_000


def refused(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str]:
    """Return status and text of a call that must be refused."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    return error.code(), error.details()


def json_lines(rows: Iterable[Any]) -> bytes:
    """Write rows as JSON Lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


class Folder:
    """The stubs, and what is done with them again and again."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.datasets, self.operations = DatasetServiceStub(channel), OperationServiceStub(channel)

    def draft(self, name: str = "data", task_type: str = PAIR, **fields: Any) -> str:
        """Create a draft and return its id."""
        request: dict[str, Any] = {"folder_id": YANDEX_FOLDER_ID, "upload_format": "jsonlines", **fields}
        return self.datasets.Create(wire.CreateDatasetRequest(name=name, task_type=task_type, **request)).dataset_id

    def upload_url(self, dataset_id: str, size_bytes: int) -> str:
        """Return where to PUT so many bytes."""
        request = wire.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=size_bytes)
        return self.datasets.GetUploadDraftUrl(request).upload_url

    def upload(self, dataset_id: str, data: bytes) -> None:
        """Send the data of a draft."""
        put(self.upload_url(dataset_id, len(data)), data).raise_for_status()

    def validate(self, dataset_id: str) -> Operation:
        """Begin to validate."""
        return self.datasets.Validate(wire.ValidateDatasetRequest(dataset_id=dataset_id))

    def operation(self, operation_id: str) -> Operation:
        """Return an operation."""
        return self.operations.Get(GetOperationRequest(operation_id=operation_id))

    def looks(self, operation_id: str) -> list[Operation]:
        """Look until it is done and return everything that was seen."""
        seen: list[Operation] = []
        for _ in itertools.repeat(None, MOST_LOOKS):
            seen.append(self.operation(operation_id))
            if seen[-1].done:
                return seen
        raise AssertionError(f"not done after {MOST_LOOKS} looks: {seen[-1]}")

    def finished(self, operation_id: str) -> Operation:
        """Return an operation once it is done."""
        return self.looks(operation_id)[-1]

    def describe(self, dataset_id: str) -> DatasetInfo:
        """Return a dataset."""
        return self.datasets.Describe(wire.DescribeDatasetRequest(dataset_id=dataset_id)).dataset

    def checked(self, data: bytes, **fields: Any) -> DatasetInfo:
        """Create, upload and validate a dataset and return it."""
        dataset_id = self.draft(**fields)
        self.upload(dataset_id, data)
        self.finished(self.validate(dataset_id).id)
        return self.describe(dataset_id)


def put(url: str, data: bytes) -> httpx.Response:
    """PUT as the vendor's guide says: no header of one's own."""
    return httpx.put(url, content=data, trust_env=False)


@pytest.fixture
def channel(sandbox: SandboxProcess) -> Generator[grpc.Channel]:
    """Open a channel, with the API key, to a sandbox with default settings, no faults and an empty request log."""
    sandbox.reset()
    with sandbox.yandex_channel() as channel:
        yield channel


@pytest.fixture
def folder(sandbox: SandboxProcess, channel: grpc.Channel) -> Folder:
    """Return the folder, with nothing in it."""
    sandbox.empty()
    return Folder(channel)
