"""The upload of a dataset's draft: in one piece, or in parts above a limit."""

from contextlib import suppress

from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    FinishMultipartUploadDraftRequest,
    GetUploadDraftUrlRequest,
    StartMultipartUploadDraftRequest,
    UploadedPartInfo,
)
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

from clouds.about import check_about
from clouds.errors import (
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.dataset.presigned import Content, PresignedUrls
from clouds.yandex.wire.task_types import FIRST_PART_NUMBER, LAST_PART_NUMBER


class Drafts:
    """Fills drafts. To fill one again, after a death in the middle, replaces what is there."""

    def __init__(self, connection: Connection) -> None:
        """Ask for URLs through `connection`."""
        self._connection = connection
        self._urls = PresignedUrls(connection.http, connection.sleep)

    def fill(self, dataset_id: str, content: Content) -> None:
        """Send the file and hold it against its hash.

        Raises:
            ConfigurationError: the file is not there, or is not the one that was prepared.
            CloudError: service or store refuse, or do not answer.

        """
        content.check_size()
        if content.size_bytes > self._connection.assumptions.dataset.multipart_above_bytes:
            self._in_parts(dataset_id, content)
        else:
            self._in_one_piece(dataset_id, content)

    def _in_one_piece(self, dataset_id: str, content: Content) -> None:
        subject = f"upload of dataset {dataset_id}"
        answer = self._connection.calls.call(
            self._stub().GetUploadDraftUrl,
            GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=content.size_bytes),
            subject=f"URL for the {subject}",
            repeatable=True,
            role=roles.DATASETS,
            names="upload_url",
        )
        _check_about(dataset_id, answer.dataset_id, subject)
        self._urls.put(answer.upload_url, content, 0, content.size_bytes, subject=subject)
        content.check()

    def _in_parts(self, dataset_id: str, content: Content) -> None:
        wanted = max(1, content.size_bytes // self._connection.assumptions.dataset.part_bytes)
        answer = self._connection.calls.call(
            self._stub().StartMultipartUploadDraft,
            StartMultipartUploadDraftRequest(
                dataset_id=dataset_id, size_bytes=content.size_bytes, parts=min(wanted, LAST_PART_NUMBER)
            ),
            subject=f"URLs for the upload of dataset {dataset_id} in parts",
            repeatable=True,  # an upload that was begun and forgotten holds nothing
            role=roles.DATASETS,
        )
        _check_about(dataset_id, answer.dataset_id, f"URLs for the upload of dataset {dataset_id} in parts")
        urls = list(answer.multipart_upload_urls)
        if not urls:
            raise WrongAnswerError(f"upload of dataset {dataset_id}: the service gave no URL for any part")
        part_bytes = -(-content.size_bytes // len(urls))
        parts: list[UploadedPartInfo] = []
        for number, url in enumerate(urls, FIRST_PART_NUMBER):
            offset = (number - FIRST_PART_NUMBER) * part_bytes
            length = min(part_bytes, content.size_bytes - offset)
            subject = f"upload of dataset {dataset_id}, part {number} of {len(urls)}"
            etag = self._urls.put(url, content, offset, length, subject=subject)
            parts.append(UploadedPartInfo(part_num=number, etag=etag))
        content.check()
        self._finish(FinishMultipartUploadDraftRequest(dataset_id=dataset_id, uploaded_parts=parts))

    def _finish(self, request: FinishMultipartUploadDraftRequest) -> None:
        """Join the parts. When the reply was lost, the refusal of a second time says that they are joined."""
        try:
            self._join(request)
        except (ConnectionFailedError, UnavailableError):
            with suppress(BadRequestError, NotFoundError, ConflictError):
                self._join(request)

    def _join(self, request: FinishMultipartUploadDraftRequest) -> None:
        self._connection.calls.call(
            self._stub().FinishMultipartUploadDraft,
            request,
            subject=f"joining the parts of dataset {request.dataset_id}",
            repeatable=False,
            role=roles.DATASETS,
        )

    def _stub(self) -> DatasetServiceStub:
        return DatasetServiceStub(self._connection.llm)


def _check_about(dataset_id: str, answered: str, subject: str) -> None:
    """Refuse URLs for another dataset; whether the service always names the dataset is UNKNOWN."""
    if answered:
        check_about(dataset_id, answered, subject=subject)
