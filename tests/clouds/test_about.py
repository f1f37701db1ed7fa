"""An answer about another thing than was asked about is a wrong answer: it would be adopted, changed or deleted."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.cloudru.assumptions import Assumptions, SecretAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.errors import WrongAnswerError
from clouds.yandex.client import YandexClient
from clouds.yandex.dataset.draft import Drafts
from tests.clouds.wire_server import WireServer
from tests.clouds.yandex.played_services import PlayedServices

ANOTHER = "another"
RUN = {"modelRunId": ANOTHER, "name": "n", "status": "MODEL_RUN_STATUS_RUNNING"}
BASE = {"knowledgebase_id": ANOTHER, "name": "n", "status": "KNOWLEDGEBASE_ACTIVE"}
VERSION = {"knowledgebase_version_id": ANOTHER, "knowledgebase_id": ANOTHER, "status": "KNOWLEDGEBASE_VERSION_PENDING"}
SECRET = {"secret": {"path": ANOTHER}}
Read = Callable[[CloudRuClient], Any]

CLOUDRU: dict[str, tuple[str, str, dict[str, Any], Read]] = {
    "inferences.get": ("GET", ".*/modelruns/asked", {"modelRun": RUN}, lambda c: c.inferences.get("asked")),
    "knowledge_bases.get": ("GET", ".*/knowledge-bases/asked", BASE, lambda c: c.knowledge_bases.get("asked")),
    "knowledge_bases.get_version": (
        "GET",
        ".*/versions/asked",
        VERSION,
        lambda c: c.knowledge_bases.get_version("asked"),
    ),
    "knowledge_bases.cancel": ("POST", ".*/versions/asked", VERSION, lambda c: c.knowledge_bases.cancel("asked")),
    "knowledge_bases.list_versions": (
        "GET",
        ".*/knowledge-bases/versions",
        {"data": [VERSION]},
        lambda c: c.knowledge_bases.list_versions("asked"),
    ),
    "secrets.find": ("GET", ".*/secret/asked", SECRET, lambda c: c.secrets.find("asked")),
    "secrets.access": (
        "GET",
        ".*/secret/asked/access",
        {"payload": "dmFsdWU=", **SECRET},
        lambda c: c.secrets._held("asked"),
    ),
}
YANDEX: dict[str, tuple[str, Any, Callable[[YandexClient], Any]]] = {
    "operations.get": ("OperationService.Get", Operation(id=ANOTHER), lambda c: c.operations.get("asked")),
    "operations.cancel": ("OperationService.Cancel", Operation(id=ANOTHER), lambda c: c.operations.cancel("asked")),
    "datasets.get": (
        "DatasetService.Describe",
        datasets.DescribeDatasetResponse(dataset=DatasetInfo(dataset_id=ANOTHER)),
        lambda c: c.datasets.get("asked"),
    ),
    "tunings.get": (
        "TuningService.Describe",
        tunings.DescribeTuningResponse(tuning_task=TuningTask(task_id=ANOTHER)),
        lambda c: c.tunings.get("asked"),
    ),
    "tunings.options": (
        "TuningService.GetOptions",
        tunings.GetOptionsResponse(task_id=ANOTHER),
        lambda c: c.tunings.options("asked"),
    ),
}
STORE = "vector_stores.get"
NOT_ABOUT_ONE = {
    "inferences.suspend": "answers nothing",
    "inferences.resume": "answers nothing",
    "inferences.delete": "answers nothing",
    "knowledge_bases.delete": "answers nothing",
    "knowledge_bases.reindex": "whether the version's id stays is not published",
    "knowledge_bases.create_version": "answers about a new one",
    "secrets.delete": "answers nothing",
    "files.delete": "answers nothing",
    "search_indexes.delete": "answers nothing",
    "vector_stores.search": "answers with pieces of text",
    "tunings.cancel": "answers nothing that is read; the tuning is described after it",
    "tunings.errors": "answers with texts",
    "tunings.metrics_url": "answers with a URL",
    "metrics.download": "follows the URL",
}
"""Methods that take an id, or a path, and whose answer names none."""


@pytest.mark.parametrize("method", CLOUDRU)
def test_an_answer_of_cloudru_about_another(vendor: WireServer, client: CloudRuClient, method: str) -> None:
    """It is refused, and both ids are named."""
    verb, path, answer, read = CLOUDRU[method]
    vendor.tell(verb, path, answer)
    with pytest.raises(WrongAnswerError, match=r"asked about asked, and the answer is about another"):
        read(client)


def test_a_value_of_another_secret_in_the_other_mapping(
    vendor: WireServer, make_client: Callable[[Assumptions], CloudRuClient]
) -> None:
    """The one whose path is in the body."""
    client = make_client(Assumptions(secret=SecretAssumptions(mappings=("path_in_body",))))
    vendor.tell("GET", ".*/version/asked", {"payload": "dmFsdWU=", **SECRET})
    with pytest.raises(WrongAnswerError, match="about another"):
        client.secrets._held("asked")


def test_an_answer_in_other_letters_is_about_the_same(vendor: WireServer, client: CloudRuClient) -> None:
    """A person may have copied an id in capitals."""
    vendor.tell("GET", ".*/knowledge-bases/ANOTHER", BASE)
    assert client.knowledge_bases.get("ANOTHER").name == "n"


@pytest.mark.parametrize("method", YANDEX)
def test_an_answer_of_yandex_about_another(services: PlayedServices, yandex: YandexClient, method: str) -> None:
    """It is refused, and both ids are named."""
    rpc, answer, read = YANDEX[method]
    services.tell(rpc, answer)
    with pytest.raises(WrongAnswerError, match=r"asked about asked, and the answer is about another"):
        read(yandex)


def test_a_vector_store_that_is_another(vendor: WireServer, yandex: YandexClient) -> None:
    """It would be called searchable."""
    vendor.tell("GET", ".*/vector_stores/asked", {"id": ANOTHER, "status": "completed"})
    with pytest.raises(WrongAnswerError, match="about another"):
        yandex.vector_stores.get("asked")


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_url_for_another_draft(services: PlayedServices, yandex: YandexClient, *, in_parts: bool) -> None:
    """The rows would go into another dataset."""
    whole = datasets.GetUploadDraftUrlResponse(dataset_id=ANOTHER, upload_url="http://127.0.0.1:9/")
    services.tell("DatasetService.GetUploadDraftUrl", whole)
    parts = datasets.StartMultipartUploadDraftResponse(
        dataset_id=ANOTHER, multipart_upload_urls=["http://127.0.0.1:9/"]
    )
    services.tell("DatasetService.StartMultipartUploadDraft", parts)
    content = _Content()
    drafts = Drafts(yandex.datasets._connection)
    with pytest.raises(WrongAnswerError, match="about another"):
        (drafts._in_parts if in_parts else drafts._in_one_piece)("asked", content)  # pyright: ignore[reportArgumentType]  # only its size is read


class _Content:
    path = Path()
    size_bytes = 10


def by_id(client: object) -> Iterator[str]:
    """Yield `service.method` of every public method that is asked about one thing by its id or path."""
    for name, service in vars(client).items():
        if name.startswith("_") or not hasattr(service, "__dict__"):
            continue
        for method, function in inspect.getmembers(type(service), inspect.isfunction):
            first = [*inspect.signature(function).parameters][1:2]
            if (
                not method.startswith("_")
                and first
                and (first[0].endswith("_id") or first[0] == "path")
                and not method.startswith(("wait", "ensure", "decide", "find", "adopt"))
            ):
                yield f"{name}.{method}"


def test_every_method_that_asks_by_id_is_here(client: CloudRuClient, yandex: YandexClient) -> None:
    """A new one is noticed; waits, finds and ensures ask through these."""
    found = {*by_id(client), *by_id(yandex)}
    assert found <= {*CLOUDRU, *YANDEX, *NOT_ABOUT_ONE, STORE}
    assert found >= {"inferences.get", "knowledge_bases.get_version", "operations.get", "datasets.get", STORE}
    assert found - {*CLOUDRU, *YANDEX, STORE} == {*NOT_ABOUT_ONE}
