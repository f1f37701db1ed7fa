"""The service's own check of a dataset: begun once, waited for, and its faults listed with their rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, ValidationError
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    ListOperationsIdsRequest,
    ValidateDatasetMetadata,
    ValidateDatasetRequest,
    ValidateDatasetResponse,
)
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.create_once import create_once
from clouds.errors import FailedStateError, NotFoundError
from clouds.polling import OnLook
from clouds.redaction import masked
from clouds.waits import in_words
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.operation import Operations, progress, unpack

SHOWN_FAULTS = 5
SHOWN_ROWS = 10


@dataclass(frozen=True)
class ValidationFault:
    """One fault and the rows that have it, as the service counts them; whether from 0 or 1 is UNKNOWN."""

    error: str
    description: str
    rows: tuple[int, ...]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.rows[:SHOWN_ROWS]))
        more = f" and {len(self.rows) - SHOWN_ROWS} more" if len(self.rows) > SHOWN_ROWS else ""
        where = f" (rows {shown}{more})" if self.rows else ""
        return f"{self.error}{f': {self.description}' if self.description else ''}{where}"


class InvalidDatasetError(FailedStateError):
    """The service's validation refused the data; `faults` says what and where."""

    def __init__(self, message: str, dataset_id: str, faults: tuple[ValidationFault, ...]) -> None:
        super().__init__(message, dataset_id, "; ".join(map(str, faults)))
        self.dataset_id = dataset_id
        self.faults = tuple(
            ValidationFault(masked(fault.error), masked(fault.description), fault.rows) for fault in faults
        )
        self.args = (self.message, dataset_id, self.faults)


def invalid(dataset_id: str, errors: Iterable[ValidationError]) -> InvalidDatasetError:
    """Return the error that tells a dataset's faults."""
    faults = tuple(ValidationFault(each.error, each.error_description, tuple(each.row_numbers)) for each in errors)
    shown = "; ".join(map(str, faults[:SHOWN_FAULTS])) or "the service names no fault"
    more = f"; and {len(faults) - SHOWN_FAULTS} more faults" if len(faults) > SHOWN_FAULTS else ""
    return InvalidDatasetError(
        f"dataset {dataset_id} is INVALID: {shown}{more}. Correct them and run again; if the data are right, delete "
        "the dataset first, for the same content is found as this one.",
        dataset_id,
        faults,
    )


class Validation:
    """Begins and awaits validations. What died in between is found by `ListOperationsIds`."""

    def __init__(self, connection: Connection, operations: Operations, get: Callable[[str], DatasetInfo]) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._operations = operations
        self._get = get

    def find(self, dataset_id: str) -> Operation | None:
        """Return the validation that runs or has come to an end; one that broke off does not count."""
        answer = self._connection.calls.call(
            self._stub().ListOperationsIds,
            ListOperationsIdsRequest(dataset_id=[dataset_id]),
            subject=f"validation of dataset {dataset_id}",
            repeatable=True,
            role=roles.DATASETS,
        )
        operation_id = answer.dataset_id_to_operation_id.get(dataset_id, "")
        if not operation_id:
            return None
        try:
            operation = self._operations.get(operation_id)
        except NotFoundError:
            return None
        return None if operation.done and operation.HasField("error") else operation

    def begin(self, dataset_id: str) -> Operation:
        """Begin it; when the reply is lost, look for it before it is begun again."""
        return create_once(
            self._connection,
            lambda: self._connection.calls.call(
                self._stub().Validate,
                ValidateDatasetRequest(dataset_id=dataset_id),
                subject=f"validating dataset {dataset_id}",
                repeatable=False,
                role=roles.DATASETS,
                names="id",
            ),
            lambda: self.find(dataset_id),
            subject=f"the validation of dataset {dataset_id}",
        )

    def wait(
        self, dataset_id: str, operation: Operation | None, *, deadline_s: float, on_look: OnLook[str] | None
    ) -> DatasetInfo:
        """Return the dataset when it is READY; `operation` is None when it is gone or was never found.

        Raises:
            InvalidDatasetError: the data have faults.
            FailedStateError: the validation broke off, or the dataset is being deleted.
            DeadlineError: not READY after `deadline_s`.

        """
        end_s = self._connection.clock() + deadline_s
        if operation is not None:
            try:
                ended = self._operations.wait_done(
                    operation.id,
                    subject=f"validation of dataset {dataset_id}",
                    deadline_s=deadline_s,
                    words=_rows,
                    on_look=on_look,
                )
            except NotFoundError:
                pass  # operations are kept for about two weeks; the dataset itself tells the rest
            else:
                answer = unpack(ended, ValidateDatasetResponse)
                if not answer.is_valid:
                    raise invalid(dataset_id, answer.errors)
        return self._settled(dataset_id, end_s - self._connection.clock(), on_look)

    def _settled(self, dataset_id: str, deadline_s: float, on_look: OnLook[str] | None) -> DatasetInfo:
        return self._connection.wait(
            lambda: self._get(dataset_id),
            _is_ready,
            subject=f"dataset {dataset_id}",
            deadline_s=deadline_s,
            words=_status,
            on_look=in_words(on_look, _status),
        )

    def _stub(self) -> DatasetServiceStub:
        return DatasetServiceStub(self._connection.llm)


def _is_ready(dataset: DatasetInfo) -> bool:
    if dataset.status == DatasetInfo.INVALID:
        raise invalid(dataset.dataset_id, dataset.validation_error)
    if dataset.status == DatasetInfo.DELETING:
        raise FailedStateError(
            f"dataset {dataset.dataset_id} is being deleted; run again, another one is then made", dataset.dataset_id
        )
    return dataset.status == DatasetInfo.READY


def _status(dataset: DatasetInfo) -> str:
    return DatasetInfo.Status.Name(dataset.status)


def _rows(operation: Operation) -> str:
    rows = progress(operation, ValidateDatasetMetadata)
    if rows is None:
        return "validating"
    return f"validating: {rows.processed_rows} of {rows.total_rows} rows, {rows.valid_rows} valid"
