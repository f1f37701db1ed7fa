"""Search indexes with embedders of one's own. Source: docs/yandex-api.md, Search indexes."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex, VectorSearchIndex
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2 import (
    CreateSearchIndexRequest,
    DeleteSearchIndexRequest,
    ListSearchIndicesRequest,
    ListSearchIndicesResponse,
)
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import SearchIndexServiceStub

from clouds.create_once import create_once
from clouds.errors import NotFoundError
from clouds.pages import by_token
from clouds.polling import OnLook
from clouds.same_name import composed
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.model_uri import usable
from clouds.yandex.operation import Operations, unpack
from clouds.yandex.search.files import Document, Files
from clouds.yandex.search.vector_store import VectorStores

FINGERPRINT = "fingerprint"
"""Label of an index that says what it was built of."""
FINGERPRINT_LENGTH = 32
PAGE_SIZE = 100


@dataclass(frozen=True)
class EnsuredSearchIndex:
    """An index that exists, or will when `operation_id` is done: then `wait_searchable` tells its id.

    `replaces` are those of its name that were built of other documents or by another embedder. They still answer;
    delete them once the new one does.
    """

    name: str
    index_id: str
    operation_id: str
    action: Literal["created", "adopted"]
    replaces: tuple[str, ...] = ()


class SearchIndexes:
    """The search indexes of a folder. Safe under threads."""

    def __init__(self, connection: Connection, operations: Operations, files: Files, stores: VectorStores) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._operations = operations
        self._files = files
        self._stores = stores

    def find(self, name: str) -> tuple[SearchIndex, ...]:
        """Return the indexes of that name; the service does not ask for names to differ."""
        return tuple(index for index in self.list() if index.name == name)

    def ensure(self, name: str, documents: tuple[Document, ...], embedder_uri: str) -> EnsuredSearchIndex:
        """Adopt the index of that name, documents and embedder, or begin to build it beside what there is.

        A tuned embedder serves documents and questions alike. The service deletes an index 7 days after its last use.

        Raises:
            ConfigurationError: the URI is of another folder or no embedder, or a document cannot be a file.

        """
        usable(embedder_uri, self._connection.folder_id)
        fingerprint = _fingerprint(documents, embedder_uri)
        known = {index.id: index.labels.get(FINGERPRINT, "") for index in self.find(name)}
        same = next((index_id for index_id, label in known.items() if label == fingerprint), None)
        others = tuple(index_id for index_id, label in known.items() if label != fingerprint)
        if same is not None:
            return EnsuredSearchIndex(name, same, "", "adopted", others)
        request = CreateSearchIndexRequest(
            folder_id=self._connection.folder_id,
            file_ids=[file.file_id for file in self._files.ensure(documents)],
            name=name,
            labels={FINGERPRINT: fingerprint},
            vector_search_index=VectorSearchIndex(doc_embedder_uri=embedder_uri, query_embedder_uri=embedder_uri),
        )

        def create() -> EnsuredSearchIndex:
            operation = self._connection.calls.call(
                self._stub.Create,
                request,
                subject=f"search index {name}",
                repeatable=False,
                role=roles.INDEXES,
                names="id",
            )
            return EnsuredSearchIndex(name, "", operation.id, "created", others)

        def look() -> EnsuredSearchIndex | None:
            found = next((index for index in self.find(name) if index.labels.get(FINGERPRINT) == fingerprint), None)
            return EnsuredSearchIndex(name, found.id, "", "adopted", others) if found else None

        return create_once(self._connection, create, look, subject=f"search index {name}")

    def wait_searchable(
        self, ensured: EnsuredSearchIndex, *, deadline_s: float, on_look: OnLook[str] | None = None
    ) -> str:
        """Wait until it can be searched, and return its id.

        Raises:
            FailedStateError: it could not be built, or has expired; says why.
            DeadlineError: not in time; says what was last seen.

        """
        index_id = ensured.index_id
        if ensured.operation_id:
            operation = self._operations.wait_done(
                ensured.operation_id,
                subject=f"search index {ensured.name}",
                deadline_s=deadline_s,
                on_look=on_look,
                at=self._connection.channels.to(self._connection.endpoints.operation),
            )
            index_id = unpack(operation, SearchIndex).id
        return self._stores.wait_searchable(
            index_id, subject=f"search index {ensured.name}", deadline_s=deadline_s, on_look=on_look
        ).id

    def delete(self, index_id: str) -> None:
        """Delete it, its files stay; one that is not there is deleted."""
        try:
            self._connection.calls.call(
                self._stub.Delete,
                DeleteSearchIndexRequest(search_index_id=index_id),
                subject=f"deletion of search index {index_id}",
                repeatable=True,
                role=roles.INDEXES,
            )
        except NotFoundError:
            return

    def list(self) -> tuple[SearchIndex, ...]:
        """Return every search index of the folder."""

        def ask(token: str) -> ListSearchIndicesResponse:
            return self._connection.calls.call(
                self._stub.List,
                ListSearchIndicesRequest(folder_id=self._connection.folder_id, page_size=PAGE_SIZE, page_token=token),
                subject="list of search indexes",
                repeatable=True,
                role=roles.INDEXES,
            )

        pages = by_token(ask, lambda page: page.next_page_token, subject="list of search indexes")
        return tuple(index for page in pages for index in page.indices)

    @property
    def _stub(self) -> SearchIndexServiceStub:
        return SearchIndexServiceStub(self._connection.assistant)


def _fingerprint(documents: tuple[Document, ...], embedder_uri: str) -> str:
    lines = sorted(f"{composed(document.name)} {document.digest}" for document in documents)
    return hashlib.sha256("\n".join([embedder_uri, *lines]).encode()).hexdigest()[:FINGERPRINT_LENGTH]
