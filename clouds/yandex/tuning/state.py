"""A tuning as it is now, read from its task, its operation, or both. Source: docs/yandex-api.md, Tuning."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from google.protobuf.timestamp_pb2 import Timestamp
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningMetadata, TuningResponse
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.yandex.tuning.request import FINGERPRINT


class TuningStatus(StrEnum):
    """Published statuses of a tuning. One that came later is kept as its number in words."""

    UNSPECIFIED = "STATUS_UNSPECIFIED"
    CREATED = "CREATED"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    DRAFT = "DRAFT"
    ARCHIVED = "ARCHIVED"
    PAID = "PAID"


SUCCEEDED = frozenset({TuningStatus.COMPLETED, TuningStatus.PAID})
"""PAID is reached with EnableBilling, which only a finished model has a use for: INFERRED, no page says so."""
UNDER_WAY = frozenset({TuningStatus.CREATED, TuningStatus.PENDING, TuningStatus.IN_PROGRESS})
NEVER_COMPLETED = frozenset({TuningStatus.FAILED, TuningStatus.CANCELED, TuningStatus.ARCHIVED, TuningStatus.DRAFT})
CANCELLED_CODE = 1
"""grpc code of the error of a cancelled operation: INFERRED."""


@dataclass(frozen=True)
class TuningState:
    """What is known of a tuning; empty or None where the service did not say. Times are UTC."""

    task_id: str
    operation_id: str = ""
    status: str = TuningStatus.UNSPECIFIED
    name: str = ""
    source_model_uri: str = ""
    target_model_uri: str = ""
    current_step: int | None = None
    total_steps: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""
    fingerprint: str = ""

    @property
    def succeeded(self) -> bool:
        """Completed, with a model."""
        return self.status in SUCCEEDED and bool(self.target_model_uri)

    def __str__(self) -> str:
        if self.status == TuningStatus.UNSPECIFIED:
            return "no status yet"
        steps = f", step {self.current_step or 0} of {self.total_steps}" if self.total_steps else ""
        told = f", rolling back: {self.error}" if self.error and self.status not in NEVER_COMPLETED else ""
        return f"{self.status}{steps}{told}"


def of_task(task: TuningTask) -> TuningState:
    """Return what Describe or List says."""
    return TuningState(
        task_id=task.task_id,
        operation_id=task.operation_id,
        status=status_name(task.status),
        name=task.name,
        source_model_uri=task.source_model_uri,
        target_model_uri=task.target_model_uri,
        created_at=_moment(task.created_at),
        started_at=_moment(task.started_at),
        finished_at=_moment(task.finished_at),
        fingerprint=task.labels.get(FINGERPRINT, ""),
    )


def with_operation(state: TuningState, operation: Operation) -> TuningState:
    """Return `state` with what the operation adds.

    An operation that is done decides. One that is not done and has an error is rolling back, and goes on. Its status
    lags behind (in recorded runs it stayed PENDING to the end), so that of the task counts where it is known.
    """
    metadata, response = TuningMetadata(), TuningResponse()
    operation.metadata.Unpack(metadata)
    state = replace(
        state,
        operation_id=operation.id,
        status=state.status if state.status != TuningStatus.UNSPECIFIED else status_name(metadata.status),
        current_step=metadata.current_step or None,
        total_steps=metadata.total_steps or None,
    )
    if operation.HasField("error"):
        state = replace(state, error=operation.error.message or f"grpc code {operation.error.code}")
        if operation.done:
            cancelled = operation.error.code == CANCELLED_CODE
            return replace(state, status=TuningStatus.CANCELED if cancelled else TuningStatus.FAILED)
    if operation.done and operation.response.Unpack(response):
        return replace(
            state,
            status=status_name(response.status),
            target_model_uri=response.target_model_uri or state.target_model_uri,
        )
    return state


def task_id_of(operation: Operation) -> str:
    """Return the id of the task that an operation of Tune began: the same as its own in every recorded run."""
    metadata = TuningMetadata()
    operation.metadata.Unpack(metadata)
    return metadata.tuning_task_id or operation.id


def status_name(number: TuningTask.Status.ValueType) -> str:
    """Return the word of a status."""
    known = TuningTask.Status.DESCRIPTOR.values_by_number.get(number)
    return known.name if known else f"status {number}, which is not published"


def _moment(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(UTC) if stamp.seconds else None
