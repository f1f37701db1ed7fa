"""The validation of a dataset: an operation behind which the rows of the stored object are really read."""

import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ValidateDatasetMetadata, ValidateDatasetResponse
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.host import Host
from sandbox.timeline import timeline
from sandbox.yandex.dataset_objects import DatasetObjects
from sandbox.yandex.dataset_rows import RowCheck
from sandbox.yandex.dataset_state import (
    ACCEPTED,
    CHECKED,
    COUNTING,
    DatasetStore,
    StoredDataset,
    ValidationReport,
)
from sandbox.yandex.dataset_types import parquet_schema
from sandbox.yandex.ids import DATASET
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.operation import Operations, OperationState, StartedOperation

KIND = "validate-dataset"
BATCH_ROWS = 1000


class Validations:
    """The rules. Stages are spans; the real work runs beside them, and none is over before it."""

    def __init__(self, host: Host, operations: Operations, store: DatasetStore, objects: DatasetObjects) -> None:
        self._host, self._operations, self._store, self._objects = host, operations, store, objects
        self._running: dict[str, RowCheck] = {}
        self._closed = threading.Event()
        operations.register(KIND, self)

    def start(self, dataset_id: str) -> Operation:
        """Begin to validate a draft, or refuse with FAILED_PRECONDITION."""
        if self._objects.draft_bytes(self._store.existing(dataset_id)) is None:
            raise _refusal(f"Dataset {dataset_id} has no data: upload it first")
        with self._store.locked():
            if self._store.existing(dataset_id).validation is not None:
                raise _refusal(f"Dataset {dataset_id} is not a draft: it was validated or is being validated")
            operation = self._operations.start(KIND, prefix=DATASET, subject_id=dataset_id)
            spans, now = self._host.settings.yandex_validation_spans, self._host.clock()
            stages = timeline([(ACCEPTED, spans.accepted), (COUNTING, spans.counting)], CHECKED, now)
            self._store.change(dataset_id, operation_id=operation.id, validation=stages)
        self._host.background(self._check, dataset_id)
        return operation

    def resume(self) -> None:
        """Resume the validations that the last process did not finish."""
        for dataset in self._store.all():
            if dataset.validation is not None and dataset.report is None:
                self._host.background(self._check, dataset.id)

    def close(self) -> None:
        """Stop; the next start resumes them."""
        self._closed.set()

    def count_read(self, dataset: StoredDataset) -> None:
        """Count a read of a dataset that is being validated, if its stages last a number of reads."""
        if dataset.validation is not None and dataset.validation.counts_reads:
            with self._store.locked():
                now = self._store.existing(dataset.id)
                if now.validation is not None:
                    self._store.change(now.id, validation=now.validation.read())

    def operation_state(self, operation: StartedOperation) -> OperationState:
        """Bare, then with metadata, then done: as recorded. Bad data is an answer, not an error."""
        dataset = self._store.get(operation.subject_id)
        if dataset is None:
            gone = Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="The dataset was deleted")
            return OperationState(done=True, error=gone)
        stage, report = dataset.stage(self._host.clock()), dataset.report
        self.count_read(dataset)
        if stage == ACCEPTED:
            return OperationState()
        metadata = self._metadata(dataset)
        if stage == COUNTING or report is None:
            return OperationState(metadata=metadata)
        if report.failure:
            failed = Status(code=grpc.StatusCode.INTERNAL.value[0], message=report.failure)
            return OperationState(done=True, metadata=metadata, error=failed, modified_at=report.finished_at)
        response = ValidateDatasetResponse(
            dataset_id=dataset.id, is_valid=report.is_valid, errors=[fault.to_message() for fault in report.faults]
        )
        return OperationState(done=True, metadata=metadata, response=response, modified_at=report.finished_at)

    def cancel_operation(self, operation: StartedOperation) -> None:
        """Do nothing: a validation cannot be cancelled."""

    def _metadata(self, dataset: StoredDataset) -> ValidateDatasetMetadata:
        counted = dataset.report or self._running.get(dataset.id) or ValidationReport(finished_at=0)
        return ValidateDatasetMetadata(
            dataset_id=dataset.id,
            valid_rows=counted.valid_rows,
            processed_rows=counted.total_rows,
            total_rows=dataset.report.total_rows if dataset.report else 0,
        )

    def _check(self, dataset_id: str) -> None:
        dataset = self._store.get(dataset_id)
        if dataset is None:
            return
        settings = self._host.settings
        check = self._running[dataset_id] = RowCheck(dataset.columns, settings.yandex_first_row_number)
        try:
            with tempfile.TemporaryDirectory(dir=self._host.data_dir) as folder:
                parquet = Path(folder) / "rows.parquet"
                self._read(dataset, check, parquet)
                faults = check.faults(settings.yandex_min_rows)
                if not faults:
                    self._objects.keep_parquet(dataset, parquet)
                found = ValidationReport(
                    total_rows=check.total_rows,
                    valid_rows=check.valid_rows,
                    faults=faults,
                    stored_bytes=parquet.stat().st_size,
                    finished_at=self._host.clock(),
                )
        except Exception as error:  # noqa: BLE001  whatever it was, its operation must end
            found = ValidationReport(failure=f"the rows cannot be read: {error}", finished_at=self._host.clock())
        if not self._closed.is_set():
            self._store.change(dataset_id, report=found)
        self._running.pop(dataset_id, None)

    def _read(self, dataset: StoredDataset, check: RowCheck, parquet: Path) -> None:
        schema = parquet_schema(dataset.columns)
        rows: list[dict[str, Any]] = []
        with pq.ParquetWriter(parquet, schema) as writer, closing(self._objects.lines(dataset)) as lines:
            for line in lines:
                if (row := check.take(line)) is not None:
                    rows.append(row)
                if len(rows) == BATCH_ROWS:
                    writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
                    rows.clear()
                    if self._closed.is_set():
                        return
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))


def _refusal(message: str) -> YandexRefusal:
    return YandexRefusal(grpc.StatusCode.FAILED_PRECONDITION, message)
