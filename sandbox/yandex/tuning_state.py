"""What is kept of a tuning, its status now, and how it is written on the wire."""

import base64
from typing import Literal

from pydantic import BaseModel
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from clouds.yandex.wire.uris import BASE_MODEL, EmbedderUri
from sandbox.engines.tuning_job import Parameters
from sandbox.host import Host
from sandbox.settings import YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from sandbox.timeline import Timeline
from sandbox.yandex.store import Store
from sandbox.yandex.times import to_timestamp

UNKNOWN, CREATED, PENDING, OPEN = "UNKNOWN", "CREATED", "PENDING", "OPEN"
"""Stages: the task is not known yet, waits, waits again; then it is what its training is."""
Outcome = Literal["COMPLETED", "FAILED", "CANCELED"]


class StoredTuning(BaseModel):
    """A tuning; `request` is the message as it was sent, in base64. Times in seconds since 1970."""

    id: str
    name: str
    description: str
    labels: dict[str, str]
    request: str
    kind: Literal["pair", "triplet"]
    parameters: Parameters
    suffix: str
    stages: Timeline
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    outcome: Outcome | None = None
    failure: str = ""
    failure_is_public: bool = False
    archived: bool = False

    @property
    def sent(self) -> wire.TuningRequest:
        """The request as it was sent."""
        return wire.TuningRequest.FromString(base64.b64decode(self.request))

    @property
    def target_uri(self) -> str:
        """The URI of what it makes."""
        return str(EmbedderUri(YANDEX_FOLDER_ID, BASE_MODEL, suffix=self.suffix))

    def stage(self, now: float) -> str:
        """Return the stage: nothing that ends it shows before PENDING is over, except a cancel."""
        return OPEN if self.outcome == "CANCELED" else self.stages.status(now)

    def status(self, now: float) -> TuningTask.Status.ValueType:
        """Return the status that `Describe` shows."""
        stage = self.stage(now)
        if stage in (UNKNOWN, CREATED):
            return TuningTask.CREATED
        if stage == PENDING or (self.outcome is None and self.started_at is None):
            return TuningTask.PENDING
        if self.outcome is None:
            return TuningTask.IN_PROGRESS
        return TuningTask.ARCHIVED if self.archived else TuningTask.Status.Value(self.outcome)

    def to_message(self, now: float) -> TuningTask:
        """Return it as it is sent. The source has no folder, as recorded."""
        status = self.status(now)
        is_open = self.stage(now) == OPEN
        return TuningTask(
            task_id=self.id,
            operation_id=self.id,
            status=status,
            folder_id=YANDEX_FOLDER_ID,
            created_by=YANDEX_SERVICE_ACCOUNT_ID,
            created_at=to_timestamp(self.created_at),
            started_at=to_timestamp(self.started_at) if is_open and self.started_at else None,
            finished_at=to_timestamp(self.finished_at) if is_open and self.finished_at else None,
            source_model_uri=str(EmbedderUri("", BASE_MODEL)),
            target_model_uri=self.target_uri if is_open and self.outcome == "COMPLETED" else "",
            name=self.name,
            description=self.description,
            labels=self.labels,
        )


class TuningStore(Store[StoredTuning]):
    """The tunings of the folder."""

    def __init__(self, host: Host) -> None:
        super().__init__(host, "yandex_tuning", StoredTuning, "Tuning task")

    def end(self, task_id: str, outcome: Outcome, now: float, failure: str = "", *, public: bool = False) -> bool:
        """Say how it ended, if it has not ended yet; return whether this was its end."""
        with self.locked():
            tuning = self.get(task_id)
            if tuning is None or tuning.outcome is not None:
                return False
            changes = {"outcome": outcome, "finished_at": now, "failure": failure, "failure_is_public": public}
            self.put(task_id, tuning.model_copy(update=changes))
            return True
