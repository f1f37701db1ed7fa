"""Files that an index reads: sent whole in one message, found again by their content. Source: docs/yandex-api.md."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from yandex.cloud.ai.files.v1.file_pb2 import File
from yandex.cloud.ai.files.v1.file_service_pb2 import (
    CreateFileRequest,
    DeleteFileRequest,
    ListFilesRequest,
    ListFilesResponse,
)
from yandex.cloud.ai.files.v1.file_service_pb2_grpc import FileServiceStub

from clouds.create_once import create_once
from clouds.errors import ConfigurationError, NotFoundError
from clouds.pages import by_token
from clouds.yandex import roles
from clouds.yandex.connection import Connection

SHA256 = "sha256"
"""Label of a file that says what is in it."""
DIGEST_LENGTH = 63
"""A label's value has at most 63 characters everywhere in the cloud; a SHA-256 has 64 digits."""
LIMIT_BYTES = 128 * 1024**2
PAGE_SIZE = 100


@dataclass(frozen=True)
class Document:
    """A text to be searched in; `name` is what a hit calls it."""

    name: str
    content: bytes
    mime_type: str = "text/plain"

    @property
    def digest(self) -> str:
        """What tells its content from another."""
        return hashlib.sha256(self.content).hexdigest()[:DIGEST_LENGTH]


@dataclass(frozen=True)
class EnsuredFile:
    """A file that exists now."""

    file_id: str
    name: str
    action: Literal["created", "adopted"]


class Files:
    """The files of a folder. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def list(self) -> tuple[File, ...]:
        """Return every file of the folder."""

        def ask(token: str) -> ListFilesResponse:
            return self._connection.calls.call(
                self._stub.List,
                ListFilesRequest(folder_id=self._connection.folder_id, page_size=PAGE_SIZE, page_token=token),
                subject="list of files",
                repeatable=True,
                role=roles.INDEXES,
            )

        pages = by_token(ask, lambda page: page.next_page_token, subject="list of files")
        return tuple(file for page in pages for file in page.files)

    def ensure(self, documents: tuple[Document, ...]) -> tuple[EnsuredFile, ...]:
        """Adopt the files of the same name and content or create them, in their order.

        Raises:
            ConfigurationError: a document is empty or larger than 128 MiB; nothing was sent.

        """
        for document in documents:
            if not 0 < len(document.content) <= LIMIT_BYTES:
                raise ConfigurationError(
                    f"{document.name} has {len(document.content)} bytes: a file has 1 to {LIMIT_BYTES}; leave it out "
                    "or split it"
                )
        known = {(file.name, file.labels.get(SHA256, "")): file.id for file in self.list()}
        return tuple(self._ensure(document, known) for document in documents)

    def delete(self, file_id: str) -> None:
        """Delete it; one that is not there is deleted."""
        try:
            self._connection.calls.call(
                self._stub.Delete,
                DeleteFileRequest(file_id=file_id),
                subject=f"deletion of file {file_id}",
                repeatable=True,
                role=roles.INDEXES,
            )
        except NotFoundError:
            return

    @property
    def _stub(self) -> FileServiceStub:
        return FileServiceStub(self._connection.assistant)

    def _ensure(self, document: Document, known: dict[tuple[str, str], str]) -> EnsuredFile:
        key = (document.name, document.digest)
        if key in known:
            return EnsuredFile(known[key], document.name, "adopted")
        request = CreateFileRequest(
            folder_id=self._connection.folder_id,
            name=document.name,
            mime_type=document.mime_type,
            content=document.content,
            labels={SHA256: document.digest},
        )

        def create() -> str:
            return self._connection.calls.call(
                self._stub.Create,
                request,
                subject=f"file {document.name}",
                repeatable=False,
                role=roles.INDEXES,
                attempt_s=120.0,
                names="id",
            ).id

        def look() -> str | None:
            return next((file.id for file in self.list() if (file.name, file.labels.get(SHA256, "")) == key), None)

        known[key] = create_once(self._connection, create, look, subject=f"file {document.name}")
        return EnsuredFile(known[key], document.name, "created")
