"""yandex.cloud.ai.files.v1.FileService."""

import grpc
from yandex.cloud.ai.files.v1 import file_service_pb2 as wire
from yandex.cloud.ai.files.v1.file_pb2 import File
from yandex.cloud.ai.files.v1.file_service_pb2_grpc import FileServiceServicer

from sandbox.yandex.cloud import Yandex

Context = grpc.ServicerContext


class FileServicer(FileServiceServicer):
    """Files of the folder."""

    def __init__(self, yandex: Yandex) -> None:
        self._files = yandex.files

    def Create(self, request: wire.CreateFileRequest, context: Context) -> File:
        """Keep a file."""
        return self._files.create(request)

    def Get(self, request: wire.GetFileRequest, context: Context) -> File:
        """Return a file."""
        return self._files.get(request.file_id).to_message()

    def GetUrl(self, request: wire.GetFileUrlRequest, context: Context) -> wire.GetFileUrlResponse:
        """Return the URL of its content."""
        return wire.GetFileUrlResponse(url=self._files.url(request.file_id))

    def Update(self, request: wire.UpdateFileRequest, context: Context) -> File:
        """Change a file."""
        return self._files.update(request)

    def Delete(self, request: wire.DeleteFileRequest, context: Context) -> wire.DeleteFileResponse:
        """Remove a file."""
        self._files.delete(request.file_id)
        return wire.DeleteFileResponse()

    def List(self, request: wire.ListFilesRequest, context: Context) -> wire.ListFilesResponse:
        """Return a page of files."""
        files, token = self._files.page(request)
        return wire.ListFilesResponse(files=files, next_page_token=token)
