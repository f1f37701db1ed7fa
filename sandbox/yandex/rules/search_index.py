"""Search indexes: built by the named embedders from files. `vector_store.py` answers questions to them.

Source: docs/yandex-api.md, Search indexes. Choices where the service's behaviour is not known: an index is listed as
soon as it was asked for; adding a file builds it anew, and until then it answers with the files it had.
"""

import base64
import shutil
from functools import cached_property
from typing import TYPE_CHECKING

import grpc
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.assistants.v1.searchindex import search_index_file_service_pb2 as file_wire
from yandex.cloud.ai.assistants.v1.searchindex import search_index_service_pb2 as wire
from yandex.cloud.ai.assistants.v1.searchindex.search_index_file_pb2 import SearchIndexFile
from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.host import Host
from sandbox.settings import YANDEX_SERVICE_ACCOUNT_ID
from sandbox.yandex.expiration import Expiration, changes_of
from sandbox.yandex.ids import FILE, new_id
from sandbox.yandex.index_state import StoredIndex, plan_of
from sandbox.yandex.paging import newest_first
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.embedding import Embeddings
from sandbox.yandex.rules.files import Files
from sandbox.yandex.rules.operation import Operations, OperationState, StartedOperation
from sandbox.yandex.times import to_timestamp

if TYPE_CHECKING:
    from sandbox.engines.index import Hit, VectorIndex
    from sandbox.yandex.rules.index_build import IndexBuild

CREATE_KIND, ADD_KIND = "create-search-index", "add-to-search-index"
MOST_FILES = 10_000
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class SearchIndexes:
    """The rules."""

    def __init__(self, host: Host, operations: Operations, files: Files, embeddings: Embeddings) -> None:
        self._host, self._operations, self._files, self._embeddings = host, operations, files, embeddings
        self._kept = host.state.collection("yandex_search_index", StoredIndex)
        self._folder = host.data_dir / "yandex-indexes"
        for kind in (CREATE_KIND, ADD_KIND):
            operations.register(kind, self)

    def create(self, request: wire.CreateSearchIndexRequest) -> Operation:
        """Begin to build an index, or refuse: INVALID_ARGUMENT, NOT_FOUND of a file."""
        if not request.folder_id:
            raise YandexRefusal(INVALID, "folder_id: required")
        plan = plan_of(request)
        for uri in filter(None, (plan.document_embedder, plan.query_embedder)):
            self._embeddings.check(uri)
        file_ids = self._checked(list(request.file_ids))
        now = self._host.clock()
        index = StoredIndex(
            id=new_id(FILE),
            name=request.name,
            description=request.description,
            labels=dict(request.labels),
            request=base64.b64encode(request.SerializeToString()).decode(),
            plan=plan,
            expiration=Expiration.of(request.expiration_config),
            file_ids=file_ids,
            added_at=dict.fromkeys(file_ids, now),
            created_at=now,
            updated_at=now,
            active_at=now,
        )
        self._kept.put(index.id, index)
        operation = self._operations.start(
            CREATE_KIND,
            prefix=FILE,
            subject_id=index.id,
            description="search index creation",
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
        )
        self._host.background(self._build, index.id)
        return operation

    def add_files(self, request: file_wire.BatchCreateSearchIndexFileRequest) -> Operation:
        """Begin to build an index anew with more files."""
        file_ids, now = self._checked(list(request.file_ids)), self._host.clock()
        with self._host.state.locked():
            index = self.get(request.search_index_id)
            added = {file_id: now for file_id in file_ids if file_id not in index.added_at}
            more = {"file_ids": [*index.file_ids, *added], "added_at": {**index.added_at, **added}}
            build = index.wanted_build + 1
            self._kept.put(index.id, index.model_copy(update={**more, "wanted_build": build, "failure": ""}))
        operation = self._operations.start(
            ADD_KIND,
            prefix=FILE,
            subject_id=f"{index.id} {' '.join(file_ids)}",
            description=f"indexing files for search index <{index.id}>",
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
        )
        self._host.background(self._build, index.id)
        return operation

    def get(self, index_id: str) -> StoredIndex:
        """Return an index, or refuse with NOT_FOUND."""
        index = self._kept.get(index_id)
        if index is None or index.expires_at <= self._host.clock():
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"Search index {index_id} not found")
        return index

    def page(self, request: wire.ListSearchIndicesRequest) -> tuple[list[SearchIndex], str]:
        """Return a page of the indexes that are listed by now, newest first, and the token of the next."""
        now = self._host.clock()
        listed = [index.to_message() for index in self._kept.listed() if index.expires_at > now]
        return newest_first(listed, request.page_size, request.page_token)

    def all(self) -> list[StoredIndex]:
        """Return every index; nothing ages by it."""
        now = self._host.clock()
        return [index for index in self._kept.all() if index.expires_at > now]

    def update(self, request: wire.UpdateSearchIndexRequest) -> StoredIndex:
        """Change what the mask names, everything that can be changed without one."""
        changes = changes_of(request, self.get(request.search_index_id).expiration)
        self._kept.change(request.search_index_id, **changes, updated_at=self._host.clock())
        return self.get(request.search_index_id)

    def delete(self, index_id: str) -> None:
        """Remove an index; its files stay."""
        index = self.get(index_id)
        self._kept.delete(index_id)
        if index.table:
            self._tables.drop(index.table)

    def files_of(self, index_id: str) -> list[SearchIndexFile]:
        """Return the files of an index."""
        index = self.get(index_id)
        return [
            SearchIndexFile(
                id=file_id,
                search_index_id=index_id,
                created_by=YANDEX_SERVICE_ACCOUNT_ID,
                created_at=to_timestamp(index.added_at[file_id]),
            )
            for file_id in index.file_ids
        ]

    def file_of(self, index_id: str, file_id: str) -> SearchIndexFile:
        """Return one file of an index, or refuse with NOT_FOUND."""
        found = next((each for each in self.files_of(index_id) if each.id == file_id), None)
        if found is None:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"File {file_id} of index {index_id} not found")
        return found

    def hits(self, index_id: str, query: str, count: int) -> "list[Hit]":
        """Return the nearest chunks, or refuse with FAILED_PRECONDITION while there is nothing to ask."""
        index = self.get(index_id)
        if not index.table:
            raise YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, f"Search index {index_id} is not built yet")
        hits = self._work.search(index, query, count)
        self._kept.change(index_id, active_at=self._host.clock())
        return hits

    def operation_state(self, operation: StartedOperation) -> OperationState:
        """Done when the index holds its files."""
        index_id, *file_ids = operation.subject_id.split()
        index = self._kept.get(index_id)
        if index is None:
            gone = Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="The search index was deleted")
            return OperationState(done=True, error=gone)
        if index.failure:
            failed = Status(code=grpc.StatusCode.INTERNAL.value[0], message=index.failure)
            return OperationState(done=True, error=failed)
        if not index.is_built:
            return OperationState()
        if operation.kind == CREATE_KIND:
            return OperationState(done=True, response=index.to_message())
        files = [self.file_of(index_id, file_id) for file_id in file_ids]
        return OperationState(done=True, response=file_wire.BatchCreateSearchIndexFileResponse(files=files))

    def cancel_operation(self, operation: StartedOperation) -> None:
        """Do nothing: a build cannot be cancelled."""

    def resume(self) -> None:
        """Build what the last process did not finish."""
        for index in self._kept.all():
            if not index.is_built and not index.failure:
                self._host.background(self._build, index.id)

    def clear(self) -> None:
        """Remove the tables of indexes that were forgotten."""
        if self._folder.exists():
            for name in self._tables.names():
                self._tables.drop(name)
            shutil.rmtree(self._folder, ignore_errors=True)

    @cached_property
    def _tables(self) -> "VectorIndex":
        from sandbox.engines.index import VectorIndex  # noqa: PLC0415  lancedb takes a second to import

        return VectorIndex(self._folder)

    @cached_property
    def _work(self) -> "IndexBuild":
        from sandbox.yandex.rules.index_build import IndexBuild  # noqa: PLC0415  the same

        return IndexBuild(self._files, self._embeddings, self._tables)

    def _build(self, index_id: str) -> None:
        index = self._kept.get(index_id)
        if index is None or index.is_built:
            return
        try:
            self._work.build(index)
        except YandexRefusal as refusal:
            self._kept.change(index_id, failure=refusal.message)
        except Exception as error:  # noqa: BLE001  whatever it was, its operation must end
            self._kept.change(index_id, failure=f"{type(error).__name__}: {error}")
        else:
            self._kept.change(index_id, table=index.wanted_table)
            if index.table:
                self._tables.drop(index.table)

    def _checked(self, file_ids: list[str]) -> list[str]:
        if not 0 < len(file_ids) <= MOST_FILES:
            raise YandexRefusal(INVALID, f"file_ids: {len(file_ids)} are not 1 to {MOST_FILES}")
        return [self._files.get(file_id).id for file_id in dict.fromkeys(file_ids)]
