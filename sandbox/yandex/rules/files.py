"""Files: sent whole, kept in the sandbox's own S3, forgotten when they expire. Source: docs/yandex-api.md, Files."""

import grpc
from pydantic import BaseModel
from yandex.cloud.ai.files.v1 import file_service_pb2 as wire
from yandex.cloud.ai.files.v1.file_pb2 import File

from sandbox.host import Host
from sandbox.object_store.buckets import FILES, make_bucket
from sandbox.settings import YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from sandbox.yandex.expiration import Expiration, changes_of
from sandbox.yandex.ids import FILE, new_id
from sandbox.yandex.paging import newest_first
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.times import to_timestamp

LARGEST_BYTES = 128 * 2**20
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class StoredFile(BaseModel):
    """A file; its content is an object of its id. Times in seconds since 1970."""

    id: str
    name: str
    description: str
    mime_type: str
    labels: dict[str, str]
    expiration: Expiration
    created_at: float
    updated_at: float
    active_at: float
    size_bytes: int = 0

    @property
    def expires_at(self) -> float:
        """When it is forgotten."""
        return self.expiration.at(self.created_at, self.active_at)

    def to_message(self) -> File:
        """Return it as it is sent."""
        return File(
            id=self.id,
            folder_id=YANDEX_FOLDER_ID,
            name=self.name,
            description=self.description,
            mime_type=self.mime_type,
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
            created_at=to_timestamp(self.created_at),
            updated_by=YANDEX_SERVICE_ACCOUNT_ID,
            updated_at=to_timestamp(self.updated_at),
            expiration_config=self.expiration.to_message(),
            expires_at=to_timestamp(self.expires_at),
            labels=self.labels,
        )


class Files:
    """The files of the folder."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept = host.state.collection("yandex_file", StoredFile)

    def create(self, request: wire.CreateFileRequest) -> File:
        """Keep a file, or refuse with INVALID_ARGUMENT."""
        if not request.folder_id:
            raise YandexRefusal(INVALID, "folder_id: required")
        if not 0 < len(request.content) <= LARGEST_BYTES:
            raise YandexRefusal(INVALID, f"content: {len(request.content)} bytes are not 1 to {LARGEST_BYTES}")
        now = self._host.clock()
        file = StoredFile(
            id=new_id(FILE),
            name=request.name,
            description=request.description,
            mime_type=request.mime_type or _mime_type(request.content),
            labels=dict(request.labels),
            expiration=Expiration.of(request.expiration_config),
            created_at=now,
            updated_at=now,
            active_at=now,
            size_bytes=len(request.content),
        )
        s3 = self._host.s3()
        make_bucket(s3, FILES)
        s3.put_object(Bucket=FILES, Key=file.id, Body=request.content)
        self._kept.put(file.id, file)
        return file.to_message()

    def get(self, file_id: str) -> StoredFile:
        """Return a file, or refuse with NOT_FOUND."""
        file = self._kept.get(file_id)
        if file is None or file.expires_at <= self._host.clock():
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"File {file_id} not found")
        return file

    def content(self, file_id: str) -> bytes:
        """Return what is in a file."""
        return self._host.s3().get_object(Bucket=FILES, Key=self.get(file_id).id)["Body"].read()

    def size(self, file_id: str) -> int:
        """Return how many bytes a file had when it was sent; 0 of one that is gone, or was kept without its size."""
        file = self._kept.get(file_id)
        return file.size_bytes if file else 0

    def url(self, file_id: str) -> str:
        """Return the URL of a file's content."""
        lifetime_s = self._host.settings.yandex_upload_url_lifetime_s
        where = {"Bucket": FILES, "Key": self.get(file_id).id}
        return self._host.s3().generate_presigned_url("get_object", Params=where, ExpiresIn=lifetime_s)

    def update(self, request: wire.UpdateFileRequest) -> File:
        """Change what the mask names, everything that can be changed without one."""
        file = self.get(request.file_id)
        changes = changes_of(request, file.expiration)
        file = file.model_copy(update={**changes, "updated_at": self._host.clock()})
        self._kept.put(file.id, file)
        return file.to_message()

    def delete(self, file_id: str) -> None:
        """Remove a file; indexes that were made of it stay as they are."""
        self._host.s3().delete_object(Bucket=FILES, Key=self.get(file_id).id)
        self._kept.delete(file_id)

    def page(self, request: wire.ListFilesRequest) -> tuple[list[File], str]:
        """Return a page of the files that are listed by now, newest first, and the token of the next."""
        now = self._host.clock()
        listed = [file.to_message() for file in self._kept.listed() if file.expires_at > now]
        return newest_first(listed, request.page_size, request.page_token)

    def all(self) -> list[StoredFile]:
        """Return every file."""
        now = self._host.clock()
        return [file for file in self._kept.all() if file.expires_at > now]


def _mime_type(content: bytes) -> str:
    """Return the MIME type of a content, as the service does when the request has none. Source: docs/yandex-api.md."""
    from kreuzberg import detect_mime_type  # noqa: PLC0415  an engine, loaded when it is needed

    return detect_mime_type(content)
