"""What the client sends is held against what production was recorded to take, and it reads the recorded answers."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from pydantic import SecretStr
from upath import UPath
from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2 import ListSearchIndicesResponse
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    CreateDatasetResponse,
    DescribeDatasetResponse,
    GetUploadDraftUrlResponse,
    ListDatasetsResponse,
    ValidateDatasetResponse,
)
from yandex.cloud.ai.files.v1.file_pb2 import File
from yandex.cloud.ai.files.v1.file_service_pb2 import ListFilesResponse
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import TextEmbeddingResponse
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import ListTuningsResponse
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.search import Document
from clouds.yandex.specs import TuningParameters, WeightedDataset
from clouds.yandex.tuning import TuningRequestSpec
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.wire_server import WireServer
from tests.clouds.yandex.dataset.put_server import PutServer
from tests.clouds.yandex.played_services import PlayedServices
from tests.contract.yandex.exchange import Names, exchanges
from tests.support.virtual_time import VirtualTime

FOLDER = "b1grecordedfolder000"
ROWS = b'{"anchor": "hello", "positive": "hi"}\n'
BASE = f"emb://{FOLDER}/text-embeddings/latest"
IDS = {
    "folder": FOLDER,
    "account": "aje0recorded00000000",
    "time": "2025-12-11T07:52:21Z",
    "number": "2017",
    **{name: f"fvt0{name:0<16}" for name in ("file", "other", "first", "second", "making1", "making2", "index2")},
    **{name: f"fds0{name:0<16}" for name in ("dataset", "validation")},
    "task": "ftn0recorded00000000",
}
LOADED = (SearchIndex, ValidateDatasetResponse)
"""Messages inside an operation, which protobuf finds by name once they are imported."""
SENT_BY_THE_RECORDED_CLIENT = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}


@pytest.fixture
def vendor() -> Iterator[WireServer]:
    """Play the REST hosts."""
    server = WireServer()
    yield server
    server.close()


@pytest.fixture
def yandex(services: PlayedServices, vendor: WireServer) -> Iterator[YandexClient]:
    """Give a client on a virtual clock."""
    time = VirtualTime()
    with YandexClient(
        folder_id=FOLDER,
        auth=ApiKey(key=SecretStr("recorded")),
        endpoints=Endpoints.local(services.address, vendor.url),
        clock=time.clock,
        sleep=time.sleep,
    ) as client:
        yield client


def answers(name: str, method: str, message: type[Message], **known: str) -> list[Any]:
    """Return what a file records that a method answered, in its order."""
    names = Names(**IDS, **known)
    return [
        ParseDict(names.fill(each["response"]), message())
        for each in exchanges(name)
        if each["call"].endswith(f"{method}")
    ]


def differences(name: str, method: str, sent: Message, number: int = 0) -> set[str]:
    """Return in words where a sent message is not the recorded one."""
    recorded = [each["request"] for each in exchanges(name) if each["call"].endswith(method)][number]
    return set(Names(**IDS).differences(recorded, MessageToDict(sent)))


def test_a_dataset(yandex: YandexClient, services: PlayedServices, store: PutServer, tmp_path: Path) -> None:
    """Created, uploaded and validated as recorded, but for the label by which it is found again."""
    path = UPath(tmp_path / "pairs.jsonl")
    path.write_bytes(ROWS)
    upload = f"{store.url}/ai-fomo-drafts-prod/{FOLDER}/draft?X-Amz-Signature=0"
    services.tell("DatasetService.List", ListDatasetsResponse())
    services.tell("DatasetService.Create", *answers("dataset", "DatasetService/Create", CreateDatasetResponse))
    draft = answers("dataset", "GetUploadDraftUrl", GetUploadDraftUrlResponse, upload=upload)
    services.tell("DatasetService.GetUploadDraftUrl", *draft)
    begun, *looks = answers("dataset", "DatasetService/Validate", Operation) + answers(
        "dataset", "OperationService/Get", Operation
    )
    services.tell("DatasetService.Validate", begun)
    services.tell("OperationService.Get", *looks)
    services.tell("DatasetService.Describe", *answers("dataset", "Describe", DescribeDatasetResponse))
    digest = hashlib.sha256(ROWS).hexdigest()
    made = yandex.datasets.ensure(name="pairs", kind="pair", path=path, sha256=digest, size_bytes=len(ROWS))
    assert (made.dataset_id, made.rows, made.size_bytes) == (IDS["dataset"], 1, 2017)

    assert differences("dataset", "DatasetService/Create", services.asked("DatasetService.Create")[0]) == {
        ".labels is not recorded"
    }
    for method in ("GetUploadDraftUrl", "Validate", "Describe"):
        assert differences("dataset", method, services.asked(f"DatasetService.{method}")[0]) == set()
    assert differences("dataset", "OperationService/Get", services.asked("OperationService.Get")[0]) == set()
    (put,) = store.puts
    assert put.body == ROWS
    assert put.headers.keys() <= SENT_BY_THE_RECORDED_CLIENT
    assert put.headers["content-length"] == str(len(ROWS))


def test_a_tuning(yandex: YandexClient, services: PlayedServices) -> None:
    """Validation data in the recorded field; but for the label by which it is found again the message is the same."""
    services.tell("TuningService.List", ListTuningsResponse())
    services.tell("TuningService.Tune", *answers("tuning", "Tune", Operation))
    spec = TuningRequestSpec(
        name="test",
        base_model_uri=BASE,
        kind="pair",
        train_datasets=(WeightedDataset(dataset_id=IDS["dataset"]),),
        validation_dataset_id=IDS["dataset"],
        parameters=TuningParameters(embedding_dims=(35, 128)),
    )
    assert yandex.tunings.ensure(spec).task_id == IDS["task"]
    assert differences("tuning", "Tune", services.asked("TuningService.Tune")[0]) == {".labels is not recorded"}


def test_an_embedding(yandex: YandexClient, services: PlayedServices) -> None:
    """A text a call, the dimension when it is asked for."""
    services.tell("EmbeddingsService.TextEmbedding", TextEmbeddingResponse(embedding=[0.5] * 256, num_tokens=2))
    assert len(yandex.embeddings.embed(BASE, ["hi"])[0]) == 256
    yandex.embeddings.embed(BASE, ["hi"], dim=256)
    for number, sent in enumerate(services.asked("EmbeddingsService.TextEmbedding")):
        assert differences("embedding", "TextEmbedding", sent, number) == set()


def test_a_file_and_a_search_index(yandex: YandexClient, services: PlayedServices, vendor: WireServer) -> None:
    """As recorded but for names, labels, the MIME type and the embedders, and pages of a size of our own."""
    services.tell("FileService.List", *answers("files", "FileService/List", ListFilesResponse, page="MjAyNS0wNy0yNA=="))
    services.tell("FileService.Create", answers("search_index", "FileService/Create", File)[0])
    services.tell("SearchIndexService.List", ListSearchIndicesResponse())
    services.tell("SearchIndexService.Create", answers("search_index", "SearchIndexService/Create", Operation)[1])
    services.tell("OperationService.Get", answers("search_index", "OperationService/Get", Operation)[1])
    store = {**exchanges("vector_store")[3]["response"], "id": IDS["index2"], "created_at": 1765440000}
    store |= {"expires_at": 1766044800, "last_active_at": 1765440000}
    vendor.tell("GET", rf"/ai\.api\.cloud\.yandex\.net/v1/vector_stores/{IDS['index2']}", store)
    ensured = yandex.search_indexes.ensure("tea", (Document("tea.txt", "чай".encode()),), BASE)
    assert yandex.search_indexes.wait_searchable(ensured, deadline_s=60) == IDS["index2"]

    assert differences("search_index", "FileService/Create", services.asked("FileService.Create")[0]) == {
        ".name is not recorded", ".mimeType is not recorded", ".labels is not recorded",
    }  # fmt: skip
    lists = services.asked("FileService.List")
    assert len(lists) == 2
    for number, page in enumerate(lists):
        assert differences("files", "FileService/List", page, number) == {".pageSize is not recorded"}
    sent = services.asked("SearchIndexService.Create")[0]
    assert differences("search_index", "SearchIndexService/Create", sent, 1) == {
        ".name is not recorded", ".labels is not recorded",
        ".vectorSearchIndex.docEmbedderUri is not recorded", ".vectorSearchIndex.queryEmbedderUri is not recorded",
    }  # fmt: skip
