"""Datasets: created as drafts, uploaded, validated, then READY or INVALID. Source: docs/yandex-api.md, DatasetService.

Choices where the service's behaviour is not known: an upload or a validation is refused once a dataset is no draft any
more; `Update` without a mask changes every field that it can; a row with a key that the schema has not is invalid.
"""

from pathlib import Path

import grpc
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, DatasetUploadSchema

from clouds.yandex.wire.task_types import JSON_LINES, PUBLISHED_ALIASES
from sandbox.host import Host
from sandbox.yandex.dataset_objects import PARQUET, DatasetObjects
from sandbox.yandex.dataset_state import DatasetStore, StoredDataset
from sandbox.yandex.dataset_types import KEPT_TYPES, OTHER_TYPES, columns_of, json_schema
from sandbox.yandex.ids import DATASET, new_id
from sandbox.yandex.paging import page_of
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.dataset_upload import DatasetUploads
from sandbox.yandex.rules.dataset_validation import Validations
from sandbox.yandex.rules.operation import Operations

LONGEST_NAME = 63
PREVIEW_LINES = 10
CHANGEABLE = ("name", "description", "labels")
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class Datasets:
    """The rules. `uploads` and `validations` are rules of their own."""

    def __init__(self, host: Host, operations: Operations) -> None:
        self._host, self._operations = host, operations
        self._store = DatasetStore(host)
        self._objects = DatasetObjects(host)
        self.uploads = DatasetUploads(self._store, self._objects)
        self.validations = Validations(host, operations, self._store, self._objects)

    def create(self, request: wire.CreateDatasetRequest) -> DatasetInfo:
        """Make a draft."""
        self._check(request.name, request.folder_id, request.task_type)
        if request.upload_format != JSON_LINES:
            raise YandexRefusal(INVALID, f"upload_format: {request.upload_format!r} is not {JSON_LINES!r}")
        now = self._host.clock()
        dataset = StoredDataset(
            id=new_id(DATASET),
            name=request.name,
            description=request.description,
            metadata=request.metadata,
            task_type=request.task_type,
            labels=dict(request.labels),
            allow_data_log=request.allow_data_log,
            created_at=now,
            updated_at=now,
        )
        limit = self._host.settings.yandex_datasets_limit
        with self._store.locked():
            if len(self._store.all()) >= limit:
                raise YandexRefusal(grpc.StatusCode.RESOURCE_EXHAUSTED, f"Quota limit of {limit} datasets exceeded")
            self._store.put(dataset.id, dataset)
        return dataset.to_message(now)

    def describe(self, dataset_id: str) -> DatasetInfo:
        """Return a dataset as it is now."""
        dataset = self._store.existing(dataset_id)
        message = dataset.to_message(self._host.clock())
        self.validations.count_read(dataset)
        return message

    def page(self, request: wire.ListDatasetsRequest) -> tuple[list[DatasetInfo], str]:
        """Return a page of the datasets that pass every filter, oldest first, and the token of the next."""
        _check_folder(request.folder_id)
        found = [
            message
            for message in (dataset.to_message(self._host.clock()) for dataset in self._store.listed())
            if (not request.status or message.status in request.status)
            and request.dataset_name_pattern in message.name
            and (not request.task_type_filter or message.task_type in request.task_type_filter)
            and (not request.dataset_ids or message.dataset_id in request.dataset_ids)
        ]
        return page_of(found, request.page_size, request.page_token, last_is_empty=False)

    def update(self, request: wire.UpdateDatasetRequest) -> DatasetInfo:
        """Change name, description and labels."""
        paths = list(request.update_mask.paths) or CHANGEABLE
        for path in paths:
            if path not in CHANGEABLE:
                raise YandexRefusal(INVALID, f"update_mask: {path!r} is none of {', '.join(CHANGEABLE)}")
        wanted = {"name": request.name, "description": request.description, "labels": dict(request.labels)}
        if "name" in paths:
            _check_name(request.name)
        self._store.existing(request.dataset_id)
        changes = {path: wanted[path] for path in paths}
        self._store.change(request.dataset_id, **changes, updated_at=self._host.clock())
        return self._store.existing(request.dataset_id).to_message(self._host.clock())

    def delete(self, dataset_id: str) -> None:
        """Remove a dataset and its data; a running tuning has its own copy."""
        dataset = self._store.existing(dataset_id)
        self._store.delete(dataset_id)
        self._objects.delete(dataset)

    def task_types(self) -> list[str]:
        """Return the types that are taken."""
        aliases = PUBLISHED_ALIASES if self._host.settings.yandex_takes_published_task_types else ()
        return [*KEPT_TYPES, *aliases]

    def upload_schemas(self, task_type: str) -> list[DatasetUploadSchema]:
        """Return the schema of a row: a Python literal, which is what the vendor's SDK reads."""
        if task_type in OTHER_TYPES:
            return []
        self._check_task_type(task_type)
        schema = json_schema(columns_of(task_type))
        return [DatasetUploadSchema(task_type=task_type, upload_format=JSON_LINES, schema=str(schema))]

    def preview(self, dataset_id: str) -> list[str]:
        """Return the first rows, as they were uploaded."""
        dataset = self._store.existing(dataset_id)
        if self._objects.draft_bytes(dataset) is None:
            raise YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, f"Dataset {dataset_id} has no data")
        return self._objects.first_lines(dataset, PREVIEW_LINES)

    def download_urls(self, dataset_id: str) -> dict[str, str]:
        """Return the URL of each Parquet file by its name."""
        return {PARQUET: self._objects.download_url(self.ready(dataset_id))}

    def operation_ids(self, dataset_ids: list[str]) -> dict[str, str]:
        """Return the validation of each dataset that had one, as long as its operation is known."""
        found = (self._store.get(dataset_id) for dataset_id in dataset_ids)
        return {
            dataset.id: dataset.operation_id
            for dataset in found
            if dataset and self._operations.find(dataset.operation_id)
        }

    def ready(self, dataset_id: str) -> StoredDataset:
        """Return a dataset that can be used, or refuse with NOT_FOUND or FAILED_PRECONDITION."""
        dataset = self._store.existing(dataset_id)
        status = dataset.status(self._host.clock())
        if status != DatasetInfo.READY:
            name = DatasetInfo.Status.Name(status)
            raise YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, f"Dataset {dataset_id} is {name}, not READY")
        return dataset

    def fetch(self, dataset_id: str, to: Path) -> None:
        """Write the rows of a READY dataset, JSON Lines, to a file."""
        self._objects.fetch_draft(self.ready(dataset_id), to)

    def all(self) -> list[StoredDataset]:
        """Return every dataset; nothing ages by it."""
        return self._store.all()

    def _check(self, name: str, folder_id: str, task_type: str) -> None:
        _check_folder(folder_id)
        _check_name(name)
        self._check_task_type(task_type)

    def _check_task_type(self, task_type: str) -> None:
        if task_type not in self.task_types():
            raise YandexRefusal(INVALID, f"task_type: {task_type!r} is none of {', '.join(self.task_types())}")


def _check_folder(folder_id: str) -> None:
    if not folder_id:
        raise YandexRefusal(INVALID, "folder_id: required")


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise YandexRefusal(INVALID, f"name: required, at most {LONGEST_NAME} characters")
