"""Files and search indexes: found before they are made, waited for, asked over REST, deleted."""

import itertools

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2 import (
    CreateSearchIndexRequest,
    DeleteSearchIndexResponse,
    ListSearchIndicesRequest,
    ListSearchIndicesResponse,
)
from yandex.cloud.ai.files.v1.file_pb2 import File
from yandex.cloud.ai.files.v1.file_service_pb2 import (
    CreateFileRequest,
    DeleteFileResponse,
    ListFilesRequest,
    ListFilesResponse,
)
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.errors import ConfigurationError, FailedStateError, PermissionDeniedError
from clouds.yandex.client import YandexClient
from clouds.yandex.search import Document
from clouds.yandex.search import files as files_module
from tests.clouds.wire_server import LOST as HUNG_UP
from tests.clouds.wire_server import Told, WireServer
from tests.clouds.yandex.played_services import API_KEY, LOST, NOT_FOUND, PlayedServices
from tests.clouds.yandex.tuning.played_tunings import FOLDER, TUNED

DOCUMENTS = (
    Document("доставка.txt", "Доставка идёт два дня.".encode()),
    Document("returns.txt", b"Goods come back within 14 days."),
)
STORE = r"/ai\.api\.cloud\.yandex\.net/v1/vector_stores/fvtindex\d+"
OTHER = f"{TUNED}2"


class PlayedIndexes:
    """FileService and SearchIndexService; pages of one."""

    def __init__(self, services: PlayedServices) -> None:
        self.services = services
        self.files: list[File] = []
        self.indexes: list[SearchIndex] = []
        self._ids = itertools.count(1)
        services.tell("FileService.List", self.list_files)
        services.tell("FileService.Create", self.create_file)
        services.tell("SearchIndexService.List", self.list_indexes)
        services.tell("SearchIndexService.Create", self.create_index)

    def create_file(self, request: CreateFileRequest) -> File:
        """Keep one."""
        assert request.folder_id == FOLDER
        file = File(id=f"fvtfile{next(self._ids)}", name=request.name, labels=request.labels)
        self.files.append(file)
        return file

    def list_files(self, request: ListFilesRequest) -> ListFilesResponse:
        """Return a page."""
        start = int(request.page_token or 0)
        following = str(start + 1) if start + 1 < len(self.files) else ""
        return ListFilesResponse(files=self.files[start : start + 1], next_page_token=following)

    def create_index(self, request: CreateSearchIndexRequest) -> Operation:
        """Build one at once."""
        number = next(self._ids)
        index = SearchIndex(
            id=f"fvtindex{number}",
            folder_id=request.folder_id,
            name=request.name,
            labels=request.labels,
            vector_search_index=request.vector_search_index,
        )
        self.indexes.append(index)
        response = AnyMessage()
        response.Pack(index)
        operation = Operation(id=f"fvtoperation{number}", done=True, response=response)
        self.services.tell("OperationService.Get", operation)
        return Operation(id=operation.id)

    def list_indexes(self, request: ListSearchIndicesRequest) -> ListSearchIndicesResponse:
        """Return a page."""
        start = int(request.page_token or 0)
        following = str(start + 1) if start + 1 < len(self.indexes) else ""
        return ListSearchIndicesResponse(indices=self.indexes[start : start + 1], next_page_token=following)


@pytest.fixture
def indexes(services: PlayedServices, vendor: WireServer) -> PlayedIndexes:
    """Play the services; every store can be searched."""
    vendor.tell("GET", STORE, lambda asked: Told({"id": asked.path.rpartition("/")[2], "status": "completed"}))
    return PlayedIndexes(services)


def test_files_are_made_once(yandex: YandexClient, services: PlayedServices, indexes: PlayedIndexes) -> None:
    """A second run adopts them by name and content; one that has changed is another file."""
    first = yandex.files.ensure(DOCUMENTS)
    assert [file.action for file in first] == ["created", "created"]
    again = yandex.files.ensure((*DOCUMENTS, Document("returns.txt", b"Goods stay.")))
    assert [file.action for file in again] == ["adopted", "adopted", "created"]
    assert [file.file_id for file in again[:2]] == [file.file_id for file in first]
    assert len(indexes.files) == 3
    assert [request.content for request in services.asked("FileService.Create")][1] == DOCUMENTS[1].content
    assert all(len(value) <= 63 for file in indexes.files for value in file.labels.values())


def test_the_same_document_twice_is_one_file(yandex: YandexClient, indexes: PlayedIndexes) -> None:
    """The second is the first."""
    ensured = yandex.files.ensure((DOCUMENTS[0], DOCUMENTS[0]))
    assert [file.action for file in ensured] == ["created", "adopted"]
    assert len(indexes.files) == 1


def test_a_file_whose_reply_was_lost_is_not_sent_twice(
    yandex: YandexClient, services: PlayedServices, indexes: PlayedIndexes
) -> None:
    """It is looked for first."""

    def create(request: CreateFileRequest) -> File:
        indexes.create_file(request)
        raise LOST

    services.tell("FileService.Create", create)
    assert yandex.files.ensure(DOCUMENTS[:1])[0].file_id == indexes.files[0].id
    assert len(services.asked("FileService.Create")) == 1


def test_a_file_of_the_wrong_size_is_told_before_anything_is_sent(
    yandex: YandexClient, services: PlayedServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty, or larger than the service takes."""
    monkeypatch.setattr(files_module, "LIMIT_BYTES", 10)
    for content in (b"", b"eleven byte"):
        with pytest.raises(ConfigurationError, match=f"x.txt has {len(content)} bytes: a file has 1 to 10"):
            yandex.files.ensure((Document("x.txt", content),))
    assert services.calls == 0


def test_deleting_what_is_gone_is_no_fault(yandex: YandexClient, services: PlayedServices) -> None:
    """The same for a file and an index."""
    services.tell("FileService.Delete", DeleteFileResponse(), NOT_FOUND)
    services.tell("SearchIndexService.Delete", DeleteSearchIndexResponse(), NOT_FOUND)
    for _ in range(2):
        yandex.files.delete("fvtfile1")
        yandex.search_indexes.delete("fvtindex1")
    assert [request.file_id for request in services.asked("FileService.Delete")] == ["fvtfile1"] * 2


def test_an_index_is_built_with_the_tuned_model(
    yandex: YandexClient, services: PlayedServices, indexes: PlayedIndexes
) -> None:
    """For documents and questions alike; the operation tells the id."""
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    assert (ensured.action, ensured.index_id) == ("created", "")
    (request,) = services.asked("SearchIndexService.Create")
    assert list(request.file_ids) == [file.id for file in indexes.files]
    assert request.vector_search_index.doc_embedder_uri == TUNED
    assert request.vector_search_index.query_embedder_uri == TUNED
    seen: list[str] = []
    index_id = yandex.search_indexes.wait_searchable(
        ensured, deadline_s=60, on_look=lambda words, _: seen.append(words)
    )
    assert index_id == indexes.indexes[0].id
    assert seen == ["done", "completed"]


def test_an_index_of_the_same_documents_and_model_is_adopted(
    yandex: YandexClient, services: PlayedServices, indexes: PlayedIndexes
) -> None:
    """No file is sent, in whichever order the documents come."""
    yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS[::-1], TUNED)
    assert (ensured.action, ensured.replaces) == ("adopted", ())
    assert yandex.search_indexes.wait_searchable(ensured, deadline_s=60) == indexes.indexes[0].id
    assert len(services.asked("FileService.Create")) == 2


def test_another_model_builds_beside_the_old_index(yandex: YandexClient, indexes: PlayedIndexes) -> None:
    """The old one answers until the caller deletes it; its documents are not sent again."""
    yandex.search_indexes.ensure("other", DOCUMENTS, TUNED)
    yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, OTHER)
    assert (ensured.action, ensured.replaces) == ("created", (indexes.indexes[1].id,))
    assert [index.name for index in yandex.search_indexes.find("faq")] == ["faq", "faq"]
    assert len(indexes.files) == 2


def test_an_index_of_files_from_a_mac_is_that_of_the_same_files_from_linux(
    yandex: YandexClient, indexes: PlayedIndexes
) -> None:
    """How the letters of a name are composed does not make another document."""
    for action, name in (("created", "и\u0306од.txt"), ("adopted", "йод.txt")):
        assert yandex.search_indexes.ensure("faq", (Document(name, b"text"),), TUNED).action == action
    assert len(indexes.indexes) == 1


def test_every_page_is_listed(yandex: YandexClient, indexes: PlayedIndexes) -> None:
    """Files and indexes, of which there is one a page."""
    for name in ("a", "b", "c"):
        yandex.search_indexes.ensure(name, DOCUMENTS, TUNED)
    assert [index.name for index in yandex.search_indexes.list()] == ["a", "b", "c"]
    assert [file.id for file in yandex.files.list()] == [file.id for file in indexes.files]


def test_an_index_whose_reply_was_lost_is_not_built_twice(
    yandex: YandexClient, services: PlayedServices, indexes: PlayedIndexes
) -> None:
    """It is found by name and fingerprint."""

    def create(request: CreateSearchIndexRequest) -> Operation:
        indexes.create_index(request)
        raise LOST

    services.tell("SearchIndexService.Create", create)
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    assert (ensured.action, ensured.index_id) == ("adopted", indexes.indexes[0].id)
    assert len(services.asked("SearchIndexService.Create")) == 1


@pytest.mark.usefixtures("indexes")
def test_an_index_that_cannot_be_built_is_told(yandex: YandexClient, services: PlayedServices) -> None:
    """The operation's words are the reason."""
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    error = Status(code=3, message="no text in file")
    services.tell("OperationService.Get", Operation(id=ensured.operation_id, done=True, error=error))
    with pytest.raises(FailedStateError, match=r"search index faq: .*INVALID_ARGUMENT: no text in file"):
        yandex.search_indexes.wait_searchable(ensured, deadline_s=60)


@pytest.mark.usefixtures("indexes")
def test_an_index_is_waited_for_until_it_can_be_searched(yandex: YandexClient, vendor: WireServer) -> None:
    """Not there yet, and still working, are both not yet; expired is never."""
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    working, done = {"id": "fvtindex3", "status": "in_progress"}, {"id": "fvtindex3", "status": "completed"}
    vendor.tell("GET", STORE, Told({}, 404), working, done)
    assert yandex.search_indexes.wait_searchable(ensured, deadline_s=60) == "fvtindex3"
    vendor.tell("GET", STORE, {"id": "fvtindex3", "name": "faq", "status": "expired"})
    with pytest.raises(FailedStateError, match=r"search index faq \(fvtindex3\) is expired: delete it and run again"):
        yandex.search_indexes.wait_searchable(ensured, deadline_s=60)
    with pytest.raises(FailedStateError, match="is expired"):
        yandex.vector_stores.wait_searchable("fvtindex3", subject="index of last week", deadline_s=60)


def test_an_index_is_a_vector_store_of_the_same_id(yandex: YandexClient, vendor: WireServer) -> None:
    """It is read over REST as it is."""
    vendor.tell("GET", STORE, {"id": "fvtindex3", "name": "faq", "status": "expired"})
    assert yandex.vector_stores.get("fvtindex3").status == "expired"


def test_a_search_is_asked_over_rest(yandex: YandexClient, vendor: WireServer) -> None:
    """With the folder and the key as a bearer; a lost reply is asked for again."""
    hit = {
        "file_id": "fvtfile1",
        "filename": "returns.txt",
        "score": 0.75,
        "attributes": None,
        "content": [{"type": "text", "text": "Goods come back"}, {"type": "text", "text": "within 14 days."}],
    }
    page = {"object": "vector_store.search_results.page", "search_query": ["q"], "data": [hit], "has_more": False}
    vendor.tell("POST", f"{STORE}/search", HUNG_UP, page)
    (found,) = yandex.vector_stores.search("fvtindex3", "когда вернуть?", limit=3)
    assert (found.filename, found.score, found.text) == ("returns.txt", 0.75, "Goods come back\nwithin 14 days.")
    asked = vendor.requests("POST", f"{STORE}/search")
    assert asked[0].body == {"query": "когда вернуть?", "max_num_results": 3}
    assert asked[0].headers["authorization"] == f"Bearer {API_KEY}"
    assert asked[0].headers["openai-project"] == FOLDER
    assert len(asked) == 2


def test_a_search_without_the_role_names_it(yandex: YandexClient, vendor: WireServer) -> None:
    """And never the key, even when the service echoes it."""
    vendor.tell("POST", f"{STORE}/search", Told({"error": {"message": f"no role for {API_KEY}"}}, 403))
    with pytest.raises(PermissionDeniedError, match=r"ai\.assistants\.editor") as caught:
        yandex.vector_stores.search("fvtindex3", "q")
    assert API_KEY not in str(caught.value)


def test_a_wrong_embedder_is_told_before_anything_is_sent(yandex: YandexClient, services: PlayedServices) -> None:
    """Files would stay behind otherwise."""
    with pytest.raises(ConfigurationError, match="belongs to the folder b1gother"):
        yandex.search_indexes.ensure("faq", DOCUMENTS, "emb://b1gother/text-embeddings/latest")
    assert services.calls == 0


@pytest.mark.usefixtures("indexes")
def test_an_adopted_index_needs_no_operation(yandex: YandexClient, services: PlayedServices) -> None:
    """A process that takes over does not know it."""
    yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    services.tell("OperationService.Get", NOT_FOUND)
    ensured = yandex.search_indexes.ensure("faq", DOCUMENTS, TUNED)
    assert yandex.search_indexes.wait_searchable(ensured, deadline_s=60).startswith("fvtindex")
