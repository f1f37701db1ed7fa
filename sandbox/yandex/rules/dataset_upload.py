"""Uploads of a draft: one presigned PUT, or parts. Source: docs/yandex-api.md, upload."""

from collections.abc import Sequence

import grpc
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import UploadedPartInfo

from clouds.yandex.wire.task_types import DATASET_LIMIT_BYTES, FIRST_PART_NUMBER, LAST_PART_NUMBER
from sandbox.yandex.dataset_objects import DatasetObjects
from sandbox.yandex.dataset_state import DatasetStore, StoredDataset
from sandbox.yandex.refusal import YandexRefusal

SMALLEST_PART_BYTES = 5 * 2**20
LARGEST_PART_BYTES = 5 * 2**30
USUAL_PART_BYTES = 100 * 2**20
"""What a part is made when the caller does not say how many; the service's own choice is not known."""
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class DatasetUploads:
    """The rules. An upload may be begun again as long as the dataset is a draft."""

    def __init__(self, store: DatasetStore, objects: DatasetObjects) -> None:
        self._store, self._objects = store, objects

    def url(self, dataset_id: str, size_bytes: int) -> str:
        """Return where to PUT exactly `size_bytes`."""
        dataset = self._draft(dataset_id)
        _check_size(size_bytes)
        self._store.change(dataset_id, declared_bytes=size_bytes, upload_id="")
        return self._objects.upload_url(dataset, size_bytes)

    def start_multipart(self, dataset_id: str, size_bytes: int, parts: int) -> list[str]:
        """Return the URL of each part, in order."""
        dataset = self._draft(dataset_id)
        _check_size(size_bytes)
        parts = parts or -(-size_bytes // USUAL_PART_BYTES)
        if not FIRST_PART_NUMBER <= parts <= LAST_PART_NUMBER:
            raise YandexRefusal(INVALID, f"parts: {parts} is not {FIRST_PART_NUMBER} to {LAST_PART_NUMBER}")
        part_bytes = -(-size_bytes // parts)
        if part_bytes > LARGEST_PART_BYTES or (parts > 1 and part_bytes < SMALLEST_PART_BYTES):
            raise YandexRefusal(INVALID, f"parts: {parts} would be of {part_bytes} bytes; a part has 5 MB to 5 GB")
        upload_id, urls = self._objects.start_multipart(dataset, parts)
        self._store.change(dataset_id, declared_bytes=size_bytes, upload_id=upload_id)
        return urls

    def finish_multipart(self, dataset_id: str, parts: Sequence[UploadedPartInfo]) -> None:
        """Put the parts together; together they must have the declared size."""
        dataset = self._draft(dataset_id)
        if not dataset.upload_id:
            raise YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, "no multipart upload was started")
        if not parts or any(not part.etag for part in parts):
            raise YandexRefusal(INVALID, "uploaded_parts: each has a part_num from 1 and an etag")
        self._objects.finish_multipart(dataset, sorted((part.part_num, part.etag) for part in parts))
        uploaded_bytes = self._objects.draft_bytes(dataset)
        if uploaded_bytes != dataset.declared_bytes:
            self._objects.delete(dataset)
            raise YandexRefusal(
                INVALID, f"uploaded_parts: {uploaded_bytes} bytes came, {dataset.declared_bytes} were declared"
            )
        self._store.change(dataset_id, upload_id="")

    def _draft(self, dataset_id: str) -> StoredDataset:
        dataset = self._store.existing(dataset_id)
        if dataset.validation is not None:
            raise YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, f"Dataset {dataset_id} is not a draft any more")
        return dataset


def _check_size(size_bytes: int) -> None:
    if not 0 < size_bytes <= DATASET_LIMIT_BYTES:
        raise YandexRefusal(INVALID, f"size_bytes: {size_bytes} is not 1 to {DATASET_LIMIT_BYTES} (5 GB)")
