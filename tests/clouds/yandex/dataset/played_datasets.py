"""DatasetService as a test sets it: drafts, uploads, validations that end at once unless told otherwise."""

import itertools
from collections.abc import Sequence

import grpc
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, ValidationError
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest

from tests.clouds.yandex.dataset.put_server import PutServer
from tests.clouds.yandex.played_services import NOT_FOUND, PlayedServices, refuse

SHA256 = "0123456789abcdef" * 4
PAGE = 2
SLOWLY = 3
"""Looks until a validation is done: bare, then with row counts, then done, as production was recorded."""


class PlayedDatasets:
    """Datasets of a folder; pages of two."""

    def __init__(self, services: PlayedServices, store: PutServer) -> None:
        self.datasets: dict[str, DatasetInfo] = {}
        self.validations: dict[str, str] = {}
        """Operation id by dataset id."""
        self.faults: list[ValidationError] = []
        self.broken: Status | None = None
        """The error with which validations end that begin now."""
        self.gone_operations: set[str] = set()
        self._broken: dict[str, Status] = {}
        self.parts = 3
        self.joined: list[list[tuple[int, str]]] = []
        self._looks = 0
        self._store = store
        self._ids = itertools.count(1)
        for name in (
            "create", "list", "describe", "get_upload_draft_url", "start_multipart_upload_draft",
            "finish_multipart_upload_draft", "validate", "list_operations_ids", "list_types",
        ):  # fmt: skip
            method = "".join(word.capitalize() for word in name.split("_"))
            services.tell(f"DatasetService.{method}", getattr(self, name))
        services.tell("OperationService.Get", self.operation)

    def add(self, status: "DatasetInfo.Status.ValueType", *, sha256: str = SHA256, name: str = "pairs") -> DatasetInfo:
        """Put one there."""
        number = next(self._ids)
        dataset = DatasetInfo(
            dataset_id=f"fds{number:017}",
            name=name,
            status=status,
            task_type="TextEmbeddingsPair",
            labels={"sha256": sha256[:63]},
        )
        dataset.created_at.FromSeconds(1_765_400_000 + number)
        self.datasets[dataset.dataset_id] = dataset
        return dataset

    def statuses(self) -> Sequence[str]:
        """Return the status of each dataset."""
        return [DatasetInfo.Status.Name(dataset.status) for dataset in self.datasets.values()]

    def create(self, request: wire.CreateDatasetRequest) -> wire.CreateDatasetResponse:
        """Make a draft."""
        dataset = self.add(DatasetInfo.DRAFT, name=request.name)
        dataset.task_type = request.task_type
        dataset.labels.clear()
        dataset.labels.update(request.labels)
        return wire.CreateDatasetResponse(dataset_id=dataset.dataset_id, dataset=dataset)

    def list(self, request: wire.ListDatasetsRequest) -> wire.ListDatasetsResponse:
        """Return a page of those of the types asked for."""
        begin = int(request.page_token or 0)
        of_type = [
            dataset
            for dataset in self.datasets.values()
            if not request.task_type_filter or dataset.task_type in request.task_type_filter
        ]
        token = str(begin + PAGE) if begin + PAGE < len(of_type) else ""
        return wire.ListDatasetsResponse(datasets=of_type[begin : begin + PAGE], next_page_token=token)

    def describe(self, request: wire.DescribeDatasetRequest) -> wire.DescribeDatasetResponse:
        """Return one."""
        return wire.DescribeDatasetResponse(dataset=self.datasets[request.dataset_id])

    def list_types(self, _: wire.ListTypesRequest) -> wire.ListTypesResponse:
        """Return the types that are taken."""
        return wire.ListTypesResponse(types=["TextEmbeddingsPair", "TextEmbeddingsTriplet"])

    def get_upload_draft_url(self, request: wire.GetUploadDraftUrlRequest) -> wire.GetUploadDraftUrlResponse:
        """Return where to put it whole."""
        return wire.GetUploadDraftUrlResponse(
            dataset_id=request.dataset_id,
            upload_url=f"{self._store.url}/drafts/{request.dataset_id}?X-Amz-Signature=signed",
        )

    def start_multipart_upload_draft(
        self, request: wire.StartMultipartUploadDraftRequest
    ) -> wire.StartMultipartUploadDraftResponse:
        """Return where to put its parts."""
        urls = [f"{self._store.url}/parts/{number}?X-Amz-Signature=signed" for number in range(1, self.parts + 1)]
        return wire.StartMultipartUploadDraftResponse(dataset_id=request.dataset_id, multipart_upload_urls=urls)

    def finish_multipart_upload_draft(
        self, request: wire.FinishMultipartUploadDraftRequest
    ) -> wire.FinishMultipartUploadDraftResponse:
        """Join the parts, once."""
        if self.joined:
            refuse(grpc.StatusCode.FAILED_PRECONDITION, "no multipart upload was started")
        self.joined.append([(part.part_num, part.etag) for part in request.uploaded_parts])
        return wire.FinishMultipartUploadDraftResponse(dataset_id=request.dataset_id)

    def validate(self, request: wire.ValidateDatasetRequest) -> Operation:
        """Begin to validate a draft."""
        dataset = self.datasets[request.dataset_id]
        if dataset.status != DatasetInfo.DRAFT:
            refuse(grpc.StatusCode.FAILED_PRECONDITION, "not a draft")
        return self.begin_validation(dataset)

    def begin_validation(self, dataset: DatasetInfo) -> Operation:
        """Begin it as a run that has died since."""
        dataset.status = DatasetInfo.VALIDATING
        self.validations[dataset.dataset_id] = f"fdsoperation{next(self._ids):08}"
        self._looks = 0
        operation_id = self.validations[dataset.dataset_id]
        if self.broken is not None:
            self._broken[operation_id] = self.broken
        return Operation(id=operation_id)

    def list_operations_ids(self, request: wire.ListOperationsIdsRequest) -> wire.ListOperationsIdsResponse:
        """Return the validation of each that had one."""
        known = {each: self.validations[each] for each in request.dataset_id if each in self.validations}
        return wire.ListOperationsIdsResponse(dataset_id_to_operation_id=known)

    def operation(self, request: GetOperationRequest) -> Operation:
        """Return a validation as it is at this look."""
        dataset_id = next((key for key, value in self.validations.items() if value == request.operation_id), "")
        if not dataset_id or request.operation_id in self.gone_operations:
            raise NOT_FOUND
        self._looks += 1
        operation = Operation(id=request.operation_id)
        broken = self._broken.get(request.operation_id)
        if broken is not None:
            operation.error.CopyFrom(broken)
        if self._looks > 1:
            operation.metadata.Pack(
                wire.ValidateDatasetMetadata(dataset_id=dataset_id, valid_rows=1, processed_rows=2, total_rows=4)
            )
        if self._looks < SLOWLY:
            return operation
        operation.done = True
        dataset = self.datasets[dataset_id]
        if broken is not None:
            dataset.status = DatasetInfo.DRAFT
            return operation
        dataset.status = DatasetInfo.INVALID if self.faults else DatasetInfo.READY
        dataset.rows, dataset.size_bytes = 4, 2502
        dataset.validation_error.extend(self.faults)
        operation.response.Pack(
            wire.ValidateDatasetResponse(dataset_id=dataset_id, is_valid=not self.faults, errors=self.faults)
        )
        return operation
