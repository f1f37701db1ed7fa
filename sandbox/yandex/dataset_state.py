"""What is kept of a dataset, its status now, and how it is written on the wire."""

from pydantic import BaseModel
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo, ValidationError

from sandbox.host import Host
from sandbox.settings import YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from sandbox.timeline import Timeline
from sandbox.yandex.dataset_types import Column, columns_of
from sandbox.yandex.store import Store
from sandbox.yandex.times import to_timestamp

ACCEPTED, COUNTING, CHECKED = "ACCEPTED", "COUNTING", "CHECKED"
"""Stages of a validation: its operation is bare, has metadata, is done."""


class RowFault(BaseModel):
    """One kind of fault and the rows that have it."""

    error: str
    description: str
    row_numbers: list[int]

    def to_message(self) -> ValidationError:
        """Return it as it is sent."""
        return ValidationError(error=self.error, error_description=self.description, row_numbers=self.row_numbers)


class ValidationReport(BaseModel):
    """What was found when the rows were read. `failure`: they could not be read."""

    total_rows: int = 0
    valid_rows: int = 0
    faults: list[RowFault] = []
    stored_bytes: int = 0
    failure: str = ""
    finished_at: float

    @property
    def is_valid(self) -> bool:
        """Whether the dataset can be used."""
        return not self.faults and not self.failure


class StoredDataset(BaseModel):
    """A dataset. `upload_id`: a multipart upload that was started."""

    id: str
    name: str
    description: str
    metadata: str
    task_type: str
    labels: dict[str, str]
    allow_data_log: bool
    created_at: float
    updated_at: float
    declared_bytes: int = 0
    upload_id: str = ""
    operation_id: str = ""
    validation: Timeline | None = None
    report: ValidationReport | None = None

    @property
    def key(self) -> str:
        """Where its draft lies."""
        return f"{YANDEX_FOLDER_ID}/{self.id}"

    @property
    def columns(self) -> dict[str, Column]:
        """Keys of a row and what each holds."""
        return columns_of(self.task_type)

    def stage(self, now: float) -> str | None:
        """Return the stage of its validation; None before it was asked for."""
        if self.validation is None:
            return None
        stage = self.validation.status(now)
        return COUNTING if stage == CHECKED and self.report is None else stage

    def status(self, now: float) -> DatasetInfo.Status.ValueType:
        """Return its status."""
        match self.stage(now):
            case None:
                return DatasetInfo.DRAFT
            case "CHECKED" if self.report is not None:
                return DatasetInfo.READY if self.report.is_valid else DatasetInfo.INVALID
            case _:
                return DatasetInfo.VALIDATING

    def to_message(self, now: float) -> DatasetInfo:
        """Return it as it is sent; rows and size are known once it is READY or INVALID."""
        report = self.report if self.stage(now) == CHECKED else None
        return DatasetInfo(
            dataset_id=self.id,
            folder_id=YANDEX_FOLDER_ID,
            name=self.name,
            description=self.description,
            metadata=self.metadata,
            status=self.status(now),
            task_type=self.task_type,
            created_at=to_timestamp(self.created_at),
            updated_at=to_timestamp(self.updated_at if report is None else max(self.updated_at, report.finished_at)),
            rows=report.valid_rows if report else 0,
            size_bytes=report.stored_bytes if report else 0,
            labels=self.labels,
            created_by_id=YANDEX_SERVICE_ACCOUNT_ID,
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
            validation_error=[fault.to_message() for fault in report.faults] if report else [],
            allow_data_log=self.allow_data_log,
        )


class DatasetStore(Store[StoredDataset]):
    """The datasets of the folder."""

    def __init__(self, host: Host) -> None:
        super().__init__(host, "yandex_dataset", StoredDataset, "Dataset")
