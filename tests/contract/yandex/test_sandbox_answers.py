"""What the sandbox sends is held against what production was recorded to send, key for key and value for value."""

import hashlib
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import grpc
import httpx
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from yandex.cloud.ai.assistants.v1.searchindex import search_index_file_service_pb2, search_index_service_pb2
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2
from yandex.cloud.ai.files.v1 import file_service_pb2
from yandex.cloud.ai.foundation_models.v1.embedding import embedding_service_pb2
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2
from yandex.cloud.operation import operation_service_pb2

from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from tests.contract.yandex.exchange import Names, exchanges
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import PAIR, PAIRS, Folder

LOADED = (
    search_index_file_service_pb2, search_index_service_pb2, dataset_service_pb2, file_service_pb2,
    embedding_service_pb2, tuning_service_pb2, operation_service_pb2,
)  # fmt: skip
"""Their services are found by name in protobuf's pool once they are imported."""
MOST_LOOKS = 10_000
HOUR_S = 3600
EXPECTED: dict[str, set[str]] = {
    "files": set(),
    "dataset": set(),
    "tuning": set(),
    "embedding": set(),
    "openai": set(),
    "text_embedding_rest": set(),
    "search_index": set(),
    "vector_store": set(),
}
"""By file what is known to differ: `call: where`. One that is mended is taken out, or the test fails."""


class Asked:
    """The running sandbox, asked for recorded exchanges."""

    def __init__(self, sandbox: SandboxProcess, channel: grpc.Channel) -> None:
        self._sandbox, self._channel = sandbox, channel
        self.names = Names(folder=YANDEX_FOLDER_ID, account=YANDEX_SERVICE_ACCOUNT_ID)

    def differences(self, exchange: dict[str, Any]) -> list[str]:
        """Ask, again while an operation is on its way, and return in words how the answer differs."""
        call, recorded = self.names.fill(exchange["call"]), exchange["response"]
        request = self.names.fill(exchange["request"])
        ask = self._over_http(call, request) if " " in call else self._over_grpc(call, request)
        if "OperationService" not in call:
            return list(self.names.differences(recorded, ask()))
        if recorded.get("done"):
            self._sandbox.advance(HOUR_S)
        seen: list[str] = []
        for _ in range(MOST_LOOKS):
            seen = list(self.names.differences(recorded, ask()))
            if not seen:
                return []
        return seen

    def _over_grpc(self, call: str, request: Any) -> Callable[[], Any]:
        service, name = call.split("/")
        method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
        request_class: type[Message] = GetMessageClass(method.input_type)
        answer_class: type[Message] = GetMessageClass(method.output_type)
        invoke: Any = self._channel.unary_unary(
            f"/{call}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString,
        )
        message = ParseDict(request, request_class())
        return lambda: MessageToDict(invoke(message))

    def _over_http(self, call: str, request: Any) -> Callable[[], Any]:
        method, where = call.split(" ")
        if method == "PUT":  # presigned: without authorization
            return lambda: httpx.put(where, content=request, trust_env=False).raise_for_status().text
        url = f"{self._sandbox.base_url}/{where}"
        headers = {"Authorization": f"Api-Key {YANDEX_API_KEY}", "OpenAI-Project": YANDEX_FOLDER_ID}
        return lambda: (
            httpx.request(method, url, json=request, headers=headers, timeout=60, trust_env=False)
            .raise_for_status()
            .json()
        )


@pytest.fixture
def asked(sandbox: SandboxProcess) -> Generator[Asked]:
    """Return the sandbox with an empty folder, where a validation shows each stage as long as it is looked at."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(yandex_validation_spans={"accepted": {"reads": 1}, "counting": {"seconds": HOUR_S}})
    with sandbox.yandex_channel() as channel:
        yield Asked(sandbox, channel)
    sandbox.reset()
    sandbox.empty()


@pytest.mark.parametrize("name", EXPECTED)
def test_it_answers_as_recorded(asked: Asked, name: str) -> None:
    """Request after request: nothing left out, nothing that production does not send, but for what is listed."""
    if name == "tuning":
        for exchange in exchanges("dataset"):
            asked.differences(exchange)
    found = {
        f"{exchange['call'].rpartition('/')[2]}: {words.split(' is ')[0]}"
        for exchange in exchanges(name)
        for words in asked.differences(exchange)
    }
    assert found == EXPECTED[name]


def test_what_is_presigned_looks_as_recorded(folder: Folder) -> None:
    """Bucket and key of a draft, what is signed and for how long; a PUT answers with its MD5 and nothing else."""
    dataset_id = folder.draft(task_type=PAIR)
    url = urlsplit(folder.upload_url(dataset_id, len(PAIRS)))
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    assert url.path == f"/ai-fomo-drafts-prod/{YANDEX_FOLDER_ID}/{dataset_id}"
    assert set(query) == {
        "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires", "X-Amz-Credential", "X-Amz-Signature",
    }  # fmt: skip
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "86400")
    assert query["X-Amz-SignedHeaders"] == "content-length;host"
    answer = httpx.put(url.geturl(), content=PAIRS, trust_env=False)
    assert (answer.status_code, answer.content) == (httpx.codes.OK, b"")
    assert answer.headers["ETag"] == f'"{hashlib.md5(PAIRS, usedforsecurity=False).hexdigest()}"'


def test_where_a_dataset_is_downloaded_from_differs(folder: Folder) -> None:
    """Signed and valid as recorded; bucket and key are the sandbox's own: `ai-fomo-datasets-prod/F/ID` was recorded."""
    dataset_id = folder.checked(PAIRS).dataset_id
    request = dataset_service_pb2.GetDownloadUrlsRequest(dataset_id=dataset_id)
    (file,) = folder.datasets.GetDownloadUrls(request).download_urls
    url = urlsplit(file.url)
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    assert (query["X-Amz-SignedHeaders"], query["X-Amz-Expires"]) == ("host", "86400")
    assert url.path == f"/ai-fomo-datasets/{YANDEX_FOLDER_ID}/{dataset_id}/0.parquet"
    answer = httpx.get(file.url, trust_env=False)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.content.startswith(b"PAR1")
    assert answer.content.endswith(b"PAR1")
