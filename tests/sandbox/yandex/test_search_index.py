"""Files and search indexes: really split, embedded and searched."""

from collections.abc import Generator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from yandex.cloud.ai.assistants.v1.searchindex import search_index_file_service_pb2 as index_files
from yandex.cloud.ai.assistants.v1.searchindex import search_index_pb2
from yandex.cloud.ai.assistants.v1.searchindex import search_index_service_pb2 as indexes
from yandex.cloud.ai.assistants.v1.searchindex.common_pb2 import ChunkingStrategy, StaticChunkingStrategy
from yandex.cloud.ai.assistants.v1.searchindex.search_index_file_service_pb2_grpc import SearchIndexFileServiceStub
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import SearchIndexServiceStub
from yandex.cloud.ai.files.v1 import file_service_pb2 as files
from yandex.cloud.ai.files.v1.file_service_pb2_grpc import FileServiceStub
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import Folder, refused

BASE_URI = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
DAY_S = 86400
DOCUMENTS = {
    "refund.txt": "Money is returned to your card within three days after we receive the parcel.",
    "hours.txt": "The shop is open from nine to six, on Saturday until two.",
    "chair.txt": "An office chair is ordered in the portal and delivered on Thursday.",
}
KINDS: dict[str, dict[str, Any]] = {
    "vector": {
        "vector_search_index": search_index_pb2.VectorSearchIndex(
            doc_embedder_uri=BASE_URI, query_embedder_uri=BASE_URI
        )
    },
    "default embedders": {"vector_search_index": search_index_pb2.VectorSearchIndex()},
    "hybrid": {"hybrid_search_index": search_index_pb2.HybridSearchIndex()},
    "text": {},
}


class Indexes:
    """The stubs, and what is done with them again and again."""

    def __init__(self, sandbox: SandboxProcess, channel: grpc.Channel) -> None:
        self.sandbox, self.folder = sandbox, Folder(channel)
        self.files, self.stub = FileServiceStub(channel), SearchIndexServiceStub(channel)
        self.index_files = SearchIndexFileServiceStub(channel)
        sandbox.fault("OperationService/Get", times=10_000, delay_s=0.1)

    def file(self, name: str, text: str) -> str:
        """Keep a file and return its id."""
        request = files.CreateFileRequest(folder_id=YANDEX_FOLDER_ID, name=name, content=text.encode())
        return self.files.Create(request).id

    def start(self, **fields: Any) -> Operation:
        """Begin to build an index of every document."""
        file_ids = [self.file(name, text) for name, text in DOCUMENTS.items()]
        given: dict[str, Any] = {"folder_id": YANDEX_FOLDER_ID, "file_ids": file_ids, "name": "index", **fields}
        return self.stub.Create(indexes.CreateSearchIndexRequest(**given))

    def built(self, **fields: Any) -> search_index_pb2.SearchIndex:
        """Return an index of every document."""
        index = search_index_pb2.SearchIndex()
        assert self.folder.finished(self.start(**fields).id).response.Unpack(index)
        return index

    def ask(self, method: str, path: str, host: str = "ai.api.cloud.yandex.net", **options: Any) -> httpx.Response:
        """Ask a REST host."""
        headers = {"Authorization": f"Bearer {YANDEX_API_KEY}"}
        url = f"{self.sandbox.base_url}/{host}/v1/{path}"
        return httpx.request(method, url, headers=headers, trust_env=False, timeout=60, **options)

    def search(self, index_id: str, query: str) -> list[dict[str, Any]]:
        """Return the hits of a question."""
        answer = self.ask("POST", f"vector_stores/{index_id}/search", json={"query": query})
        return answer.raise_for_status().json()["data"]


@pytest.fixture
def work(sandbox: SandboxProcess, channel: grpc.Channel) -> Generator[Indexes]:
    """Return the stubs over a folder with nothing in it."""
    sandbox.empty()
    yield Indexes(sandbox, channel)
    sandbox.empty()


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_answers_with_the_document_that_answers(work: Indexes, kind: str) -> None:
    """Every kind finds it first; the index shows its embedders and its chunking, defaults included."""
    index = work.built(**KINDS[kind])
    hits = work.search(index.id, "when will my money be returned to the card")
    assert hits[0]["filename"] == "refund.txt"
    assert hits[0]["content"][0]["text"] == DOCUMENTS["refund.txt"]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    shown = {"vector": BASE_URI, "default embedders": "emb://yc.ml.rag-prod.common/text-search-doc/latest"}
    assert index.vector_search_index.doc_embedder_uri == shown.get(kind, "")
    assert (
        getattr(index, index.WhichOneof("IndexType") or "").chunking_strategy.static_strategy.max_chunk_size_tokens
        == 800
    )


def test_a_file_can_be_added(work: Indexes) -> None:
    """The operation returns it; the index finds it and lists it; the store counts it."""
    index = work.built(**KINDS["vector"])
    file_id = work.file("parking.txt", "Visitors leave their cars in the yard behind the office.")
    request = index_files.BatchCreateSearchIndexFileRequest(file_ids=[file_id], search_index_id=index.id)
    added = index_files.BatchCreateSearchIndexFileResponse()
    assert work.folder.finished(work.index_files.BatchCreate(request).id).response.Unpack(added)
    assert [file.id for file in added.files] == [file_id]
    assert work.search(index.id, "where do visitors leave cars")[0]["file_id"] == file_id
    listed = work.index_files.List(index_files.ListSearchIndexFilesRequest(search_index_id=index.id)).files
    assert len(listed) == len(DOCUMENTS) + 1
    store = work.ask("GET", f"vector_stores/{index.id}", host="rest-assistant.api.cloud.yandex.net").json()
    assert (store["status"], store["file_counts"]["completed"]) == ("completed", len(DOCUMENTS) + 1)


def test_a_long_document_is_split_as_asked(work: Indexes) -> None:
    """Chunks of at most 100 tokens: a hit is a part of the document."""
    sentences = [f"Paragraph {number} tells about topic {number} in some more words." for number in range(60)]
    file_id = work.file("long.txt", " ".join(sentences))
    static = StaticChunkingStrategy(max_chunk_size_tokens=100, chunk_overlap_tokens=20)
    chunking = ChunkingStrategy(static_strategy=static)
    index = work.built(
        file_ids=[file_id],
        vector_search_index=search_index_pb2.VectorSearchIndex(
            doc_embedder_uri=BASE_URI, query_embedder_uri=BASE_URI, chunking_strategy=chunking
        ),
    )
    hits = work.search(index.id, "topic 41")
    assert len(hits) > 3
    assert all(len(hit["content"][0]["text"]) < len(" ".join(sentences)) / 3 for hit in hits)


def test_an_index_expires_after_its_last_use(work: Indexes) -> None:
    """7 days by default, counted from the last search."""
    index = work.built(**KINDS["text"])
    work.sandbox.advance(6 * DAY_S)
    assert work.search(index.id, "card")
    work.sandbox.advance(6 * DAY_S)
    assert work.stub.Get(indexes.GetSearchIndexRequest(search_index_id=index.id)).id == index.id
    work.sandbox.advance(2 * DAY_S)
    gone = refused(lambda: work.stub.Get(indexes.GetSearchIndexRequest(search_index_id=index.id)))
    assert gone[0] == grpc.StatusCode.NOT_FOUND


def test_what_can_be_done_with_a_file(work: Indexes) -> None:
    """Read back by its URL, renamed, listed, deleted."""
    file_id = work.file("a.txt", "content")
    url = work.files.GetUrl(files.GetFileUrlRequest(file_id=file_id)).url
    assert httpx.get(url, trust_env=False).text == "content"
    mask = FieldMask(paths=["name"])
    work.files.Update(files.UpdateFileRequest(file_id=file_id, update_mask=mask, name="b.txt"))
    listed = work.files.List(files.ListFilesRequest(folder_id=YANDEX_FOLDER_ID)).files
    assert [(file.id, file.name) for file in listed] == [(file_id, "b.txt")]
    work.files.Delete(files.DeleteFileRequest(file_id=file_id))
    assert refused(lambda: work.files.Get(files.GetFileRequest(file_id=file_id)))[0] == grpc.StatusCode.NOT_FOUND


def test_an_index_can_be_changed_and_deleted(work: Indexes) -> None:
    """Name and labels by mask; afterwards it is not found, its files are."""
    index = work.built()
    mask = FieldMask(paths=["name", "labels"])
    request = indexes.UpdateSearchIndexRequest(
        search_index_id=index.id, update_mask=mask, name="new", labels={"fingerprint": "1"}
    )
    assert dict(work.stub.Update(request).labels) == {"fingerprint": "1"}
    (listed,) = work.stub.List(indexes.ListSearchIndicesRequest(folder_id=YANDEX_FOLDER_ID)).indices
    assert listed.name == "new"
    work.stub.Delete(indexes.DeleteSearchIndexRequest(search_index_id=index.id))
    assert work.ask("GET", f"vector_stores/{index.id}").status_code == httpx.codes.NOT_FOUND
    assert len(work.files.List(files.ListFilesRequest(folder_id=YANDEX_FOLDER_ID)).files) == len(DOCUMENTS)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"file_ids": ["fvt0"]}, "NOT_FOUND"),
        ({"file_ids": []}, "INVALID_ARGUMENT"),
        (
            {"vector_search_index": search_index_pb2.VectorSearchIndex(doc_embedder_uri="emb://x/y")},
            "INVALID_ARGUMENT",
        ),
    ],
    ids=["unknown file", "no file", "wrong embedder"],
)
def test_a_wrong_request_builds_nothing(work: Indexes, fields: dict[str, Any], status: str) -> None:
    """It is refused, and there is no index."""
    assert refused(lambda: work.start(**fields))[0].name == status
    assert not work.stub.List(indexes.ListSearchIndicesRequest(folder_id=YANDEX_FOLDER_ID)).indices


def test_embeddings_over_rest(work: Indexes) -> None:
    """`textEmbedding` with an int64 as a string, and OpenAI's way: the same vector."""
    headers = {"Authorization": f"Api-Key {YANDEX_API_KEY}"}
    body = {"modelUri": BASE_URI, "text": "a chair"}
    url = f"{work.sandbox.base_url}/llm.api.cloud.yandex.net/foundationModels/v1/textEmbedding"
    first = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60).raise_for_status().json()
    asked = {"input": "a chair", "model": BASE_URI, "encoding_format": "float"}
    second = work.ask("POST", "embeddings", json=asked).raise_for_status().json()
    assert second["data"][0]["embedding"] == first["embedding"]
    assert (len(first["embedding"]), int(first["numTokens"])) == (256, second["usage"]["prompt_tokens"])
    assert httpx.post(url, json=body, trust_env=False).status_code == httpx.codes.UNAUTHORIZED


def test_several_texts_in_one_request(work: Indexes) -> None:
    """OpenAI's way takes a list, and needs no format: a vector for each text in its order, tokens counted together."""
    texts = ["a chair", "money back", "a chair"]
    singly = [
        work.ask("POST", "embeddings", json={"input": text, "model": BASE_URI}).raise_for_status().json()
        for text in texts
    ]
    together = work.ask("POST", "embeddings", json={"input": texts, "model": BASE_URI}).raise_for_status().json()
    assert [each["index"] for each in together["data"]] == [0, 1, 2]
    for each, alone in zip(together["data"], singly, strict=True):
        assert each["embedding"] == pytest.approx(alone["data"][0]["embedding"], abs=1e-6)
    assert together["usage"]["prompt_tokens"] == sum(each["usage"]["prompt_tokens"] for each in singly)
    for wrong in ([], ["a", ""]):
        refusal = work.ask("POST", "embeddings", json={"input": wrong, "model": BASE_URI})
        assert refusal.status_code == httpx.codes.BAD_REQUEST


def test_a_list_goes_on_where_it_was(work: Indexes) -> None:
    """Newest first; what is deleted or made between two pages leaves nothing out and brings nothing twice."""
    names = [f"{number}.txt" for number in range(5)]
    ids = {name: work.file(name, "text") for name in names}
    request = files.ListFilesRequest(folder_id=YANDEX_FOLDER_ID, page_size=2)
    first = work.files.List(request)
    assert [file.name for file in first.files] == ["4.txt", "3.txt"]
    work.files.Delete(files.DeleteFileRequest(file_id=ids["4.txt"]))
    work.file("5.txt", "text")
    request.page_token = first.next_page_token
    second = work.files.List(request)
    assert [file.name for file in second.files] == ["2.txt", "1.txt"]
    request.page_token = "no token"
    assert refused(lambda: work.files.List(request))[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_what_a_file_is_is_told_when_it_is_not_said(work: Indexes) -> None:
    """By its content, and an index reads it as that: a page without a name is read as a page."""
    page = "<html><head><title>x</title></head><body><p>Chairs are ordered in the portal.</p></body></html>"
    created = [
        work.files.Create(files.CreateFileRequest(folder_id=YANDEX_FOLDER_ID, content=content.encode()))
        for content in ("просто текст", page)
    ]
    assert [file.mime_type for file in created] == ["text/plain", "text/html"]
    index = work.built(**{**KINDS["text"], "file_ids": [created[1].id]})
    assert work.search(index.id, "chairs")[0]["content"][0]["text"].strip() == "Chairs are ordered in the portal."
