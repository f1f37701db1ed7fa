"""yandex.cloud.ai.assistants.v1.searchindex: SearchIndexService and SearchIndexFileService."""

import grpc
from yandex.cloud.ai.assistants.v1.searchindex import search_index_file_service_pb2 as file_wire
from yandex.cloud.ai.assistants.v1.searchindex import search_index_service_pb2 as wire
from yandex.cloud.ai.assistants.v1.searchindex.search_index_file_pb2 import SearchIndexFile
from yandex.cloud.ai.assistants.v1.searchindex.search_index_file_service_pb2_grpc import (
    SearchIndexFileServiceServicer,
)
from yandex.cloud.ai.assistants.v1.searchindex.search_index_pb2 import SearchIndex
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import SearchIndexServiceServicer
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.yandex.cloud import Yandex
from sandbox.yandex.paging import newest_first

Context = grpc.ServicerContext


class SearchIndexServicer(SearchIndexServiceServicer):
    """Search indexes of the folder."""

    def __init__(self, yandex: Yandex) -> None:
        self._indexes = yandex.search_indexes

    def Create(self, request: wire.CreateSearchIndexRequest, context: Context) -> Operation:
        """Begin to build an index."""
        return self._indexes.create(request)

    def Get(self, request: wire.GetSearchIndexRequest, context: Context) -> SearchIndex:
        """Return an index."""
        return self._indexes.get(request.search_index_id).to_message()

    def Update(self, request: wire.UpdateSearchIndexRequest, context: Context) -> SearchIndex:
        """Change an index."""
        return self._indexes.update(request).to_message()

    def Delete(self, request: wire.DeleteSearchIndexRequest, context: Context) -> wire.DeleteSearchIndexResponse:
        """Remove an index."""
        self._indexes.delete(request.search_index_id)
        return wire.DeleteSearchIndexResponse()

    def List(self, request: wire.ListSearchIndicesRequest, context: Context) -> wire.ListSearchIndicesResponse:
        """Return a page of indexes."""
        indices, token = self._indexes.page(request)
        return wire.ListSearchIndicesResponse(indices=indices, next_page_token=token)


class SearchIndexFileServicer(SearchIndexFileServiceServicer):
    """Files of search indexes."""

    def __init__(self, yandex: Yandex) -> None:
        self._indexes = yandex.search_indexes

    def BatchCreate(self, request: file_wire.BatchCreateSearchIndexFileRequest, context: Context) -> Operation:
        """Begin to add files."""
        return self._indexes.add_files(request)

    def Get(self, request: file_wire.GetSearchIndexFileRequest, context: Context) -> SearchIndexFile:
        """Return a file of an index."""
        return self._indexes.file_of(request.search_index_id, request.file_id)

    def List(
        self, request: file_wire.ListSearchIndexFilesRequest, context: Context
    ) -> file_wire.ListSearchIndexFilesResponse:
        """Return a page of the files of an index."""
        files, token = newest_first(
            self._indexes.files_of(request.search_index_id), request.page_size, request.page_token
        )
        return file_wire.ListSearchIndexFilesResponse(files=files, next_page_token=token)
