"""Tunings: started, trained in a process of their own, asked for by their operation or their task.

Source: docs/yandex-api.md, TuningService. Choices where the service's behaviour is not known: a task can be cancelled
until it has ended, afterwards FAILED_PRECONDITION; drafts are UNIMPLEMENTED, as the vendor's proto says; archiving
keeps the model; billing is accepted and changes nothing.
"""

import base64
import re
from pathlib import Path
from typing import Literal

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.yandex.wire.task_types import PUBLISHED_ALIASES, TaskType
from clouds.yandex.wire.uris import EmbedderUri
from sandbox.host import Host
from sandbox.settings import YANDEX_FOLDER_ID
from sandbox.timeline import timeline
from sandbox.yandex.ids import MODEL_SUFFIX, TUNING, new_id
from sandbox.yandex.metrics import Metrics
from sandbox.yandex.paging import page_of
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.dataset import Datasets
from sandbox.yandex.rules.operation import Operations, OperationState, StartedOperation
from sandbox.yandex.rules.training import Trainings
from sandbox.yandex.tuning_parameters import FIELDS, Kind, kind_of, parameters_of, used
from sandbox.yandex.tuning_state import CREATED, OPEN, PENDING, UNKNOWN, StoredTuning, TuningStore

KIND, FINISHED_KIND = "tune", "tuning-change"
NAME = re.compile(r"[A-Za-z0-9 _-]{3,100}")
TASK_TYPES: dict[Kind, TaskType] = {"pair": TaskType.PAIR, "triplet": TaskType.TRIPLET}
VALIDATION_FIELDS: frozenset[Literal["validation_datasets", "validation_dataset"]] = frozenset(
    {"validation_datasets", "validation_dataset"}
)
HOUR_S, DAY_S = 3600, 86400
INVALID, PRECONDITION = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION


class Tunings:
    """The rules."""

    def __init__(self, host: Host, operations: Operations, datasets: Datasets) -> None:
        self._host, self._operations, self._datasets = host, operations, datasets
        self._store = TuningStore(host)
        self._trainings = Trainings(host, self._store, datasets)
        self._metrics = Metrics(host)
        operations.register(KIND, self)
        operations.register(FINISHED_KIND, _Changes())

    def start(self, request: wire.TuningRequest) -> Operation:
        """Start a tuning, or refuse: INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, RESOURCE_EXHAUSTED."""
        kind = self._check(request)
        for field in VALIDATION_FIELDS.difference(self._host.settings.yandex_validation_fields):
            request.ClearField(field)
        rows = sum(self._rows(each, kind) for each in request.train_datasets)
        for each in _held_out(request):
            self._rows(each, kind)
        parameters = parameters_of(request, rows)
        settings, now = self._host.settings, self._host.clock()
        spans = settings.yandex_tuning_spans
        tuning = StoredTuning(
            id=new_id(TUNING),
            name=request.name,
            description=request.description,
            labels=dict(request.labels),
            request=base64.b64encode(request.SerializeToString()).decode(),
            kind=kind,
            parameters=parameters,
            suffix=new_id(MODEL_SUFFIX),
            stages=timeline([(UNKNOWN, spans.unknown), (CREATED, spans.created), (PENDING, spans.pending)], OPEN, now),
            created_at=now,
        )
        with self._store.locked():
            self._check_quota(now)
            self._store.put(tuning.id, tuning)
            metadata = wire.TuningMetadata(tuning_task_id=tuning.id, status=TuningTask.CREATED)
            operation = self._operations.start(
                KIND,
                prefix=TUNING,
                subject_id=tuning.id,
                metadata=metadata,
                operation_id=tuning.id,
            )
        self._trainings.add(tuning.id)
        return operation

    def describe(self, task_id: str) -> TuningTask:
        """Return a task as it is now; NOT_FOUND in its first seconds."""
        tuning = self._known(task_id)
        message = tuning.to_message(self._host.clock())
        self._count_read(tuning)
        return message

    def page(self, request: wire.ListTuningsRequest) -> tuple[list[TuningTask], str]:
        """Return a page of the tasks that are listed by now, newest first, and the token of the next."""
        if not request.folder_id:
            raise YandexRefusal(INVALID, "folder_id: required")
        now = self._host.clock()
        found = [
            message
            for message in (tuning.to_message(now) for tuning in reversed(self._store.listed()))
            if request.status in (TuningTask.STATUS_UNSPECIFIED, message.status)
        ]
        return page_of(found, request.page_size, request.page_token)

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or refuse with FAILED_PRECONDITION."""
        tuning = self._store.existing(task_id)
        if not self._cancelled(tuning.id):
            status = TuningTask.Status.Name(self._store.existing(task_id).status(self._host.clock()))
            raise YandexRefusal(PRECONDITION, f"Tuning task {task_id} is {status}: it cannot be cancelled")

    def options(self, task_id: str) -> wire.GetOptionsResponse:
        """Return the parameters that are really used."""
        tuning = self._known(task_id)
        sent = tuning.sent
        field = FIELDS[tuning.kind]
        return wire.GetOptionsResponse(
            task_id=tuning.id,
            base_model_uri=sent.base_model_uri,
            train_datasets=sent.train_datasets,
            validation_datasets=_held_out(sent),
            **{field: used(tuning.parameters, getattr(sent, field))},  # pyright: ignore[reportArgumentType] - one of two fields
        )

    def errors(self, task_id: str) -> list[TuningError]:
        """Return why it failed; nothing while it has not."""
        tuning = self._store.existing(task_id)
        if tuning.status(self._host.clock()) != TuningTask.FAILED:
            return []
        kind = TuningError.PUBLIC if tuning.failure_is_public else TuningError.INTERNAL
        return [TuningError(tuning_task_id=task_id, message=tuning.failure, type=kind)]

    def metrics_url(self, task_id: str) -> str:
        """Return the URL of the zipped events; NOT_FOUND while there are none."""
        tuning = self._known(task_id)
        url = self._metrics.url(tuning.id, self._trainings.folder(tuning))
        if url is None:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"Metrics of tuning task {task_id} not found")
        return url

    def archive(self, task_id: str) -> Operation:
        """Archive a task that has ended."""
        tuning = self._store.existing(task_id)
        if tuning.outcome is None:
            raise YandexRefusal(PRECONDITION, f"Tuning task {task_id} has not ended: it cannot be archived")
        self._store.change(task_id, archived=True)
        return self._operations.start(FINISHED_KIND, prefix=TUNING, subject_id=task_id, description="Archive tuning")

    def enable_billing(self, task_id: str) -> Operation:
        """Accept it: nothing is billed here."""
        task = self._store.existing(task_id)
        return self._operations.start(FINISHED_KIND, prefix=TUNING, subject_id=task.id, description="Enable billing")

    def model(self, suffix: str) -> StoredTuning | None:
        """Return the tuning that made a model, None when there is no such model."""
        tunings = (tuning for tuning in self._store.all() if tuning.suffix == suffix)
        return next((tuning for tuning in tunings if tuning.outcome == "COMPLETED"), None)

    def model_uris(self) -> list[str]:
        """Return the URI of every model that a tuning has made, oldest first."""
        return [tuning.target_uri for tuning in self._store.all() if tuning.outcome == "COMPLETED"]

    def operation_state(self, operation: StartedOperation) -> OperationState:
        """Return CREATED, PENDING, then done: as recorded. A task that failed or was cancelled is an error."""
        tuning = self._store.get(operation.subject_id)
        if tuning is None:
            gone = Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="The tuning task is gone")
            return OperationState(done=True, error=gone)
        now = self._host.clock()
        status = tuning.status(now)
        stage = tuning.stage(now)
        self._count_read(tuning)
        metadata = self._metadata(tuning, status)
        if stage != OPEN or tuning.outcome is None:
            return OperationState(metadata=metadata)
        if tuning.outcome == "COMPLETED":
            response = wire.TuningResponse(
                tuning_task_id=tuning.id, status=TuningTask.COMPLETED, target_model_uri=tuning.target_uri
            )
            return OperationState(done=True, metadata=metadata, response=response, modified_at=tuning.finished_at)
        code = grpc.StatusCode.CANCELLED if tuning.outcome == "CANCELED" else grpc.StatusCode.INTERNAL
        text = tuning.failure if tuning.failure_is_public else f"Tuning task {tuning.id} is {tuning.outcome}"
        error = Status(code=code.value[0], message=text)
        return OperationState(done=True, metadata=metadata, error=error, modified_at=tuning.finished_at)

    def cancel_operation(self, operation: StartedOperation) -> None:
        """End the task, if it has not ended."""
        self._cancelled(operation.subject_id)

    def resume(self) -> None:
        """Train again what the last process did not finish."""
        for tuning in self._store.all():
            if tuning.outcome is None:
                self._store.change(tuning.id, started_at=None)
                self._trainings.add(tuning.id)

    def clear(self) -> None:
        """End every training and remove its files."""
        self._trainings.clear()

    def close(self) -> None:
        """End the running training."""
        self._trainings.close()

    def all(self) -> list[StoredTuning]:
        """Return every task; nothing ages by it."""
        return self._store.all()

    def folder(self, tuning: StoredTuning) -> Path:
        """Return where the files of a training are."""
        return self._trainings.folder(tuning)

    def _cancelled(self, task_id: str) -> bool:
        ended = self._store.end(task_id, "CANCELED", self._host.clock())
        if ended:
            self._trainings.stop(task_id)
        return ended

    def _metadata(self, tuning: StoredTuning, status: TuningTask.Status.ValueType) -> Message:
        metadata = wire.TuningMetadata(tuning_task_id=tuning.id, status=status)
        if not self._host.settings.yandex_tuning_shows_steps:
            if status == TuningTask.IN_PROGRESS:
                metadata.status = TuningTask.PENDING
            return metadata
        progress = self._trainings.progress(tuning)
        if progress and status not in (TuningTask.CREATED, TuningTask.PENDING):
            metadata.current_step, metadata.total_steps = progress.current_step, progress.total_steps
        return metadata

    def _known(self, task_id: str) -> StoredTuning:
        tuning = self._store.existing(task_id)
        if tuning.stage(self._host.clock()) == UNKNOWN:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"Tuning task {task_id} not found")
        return tuning

    def _count_read(self, tuning: StoredTuning) -> None:
        if tuning.stages.counts_reads and tuning.stage(self._host.clock()) != OPEN:
            with self._store.locked():
                self._store.change(tuning.id, stages=self._store.existing(tuning.id).stages.read())

    def _check(self, request: wire.TuningRequest) -> Kind:
        try:
            problem = EmbedderUri.parse(request.base_model_uri).why_not_tunable(YANDEX_FOLDER_ID)
        except ValueError:
            problem = "invalid model_uri"
        if problem:
            raise YandexRefusal(INVALID, f"base_model_uri: {problem}")
        if not request.train_datasets:
            raise YandexRefusal(INVALID, "train_datasets: at least one is required")
        if request.name and not NAME.fullmatch(request.name):
            raise YandexRefusal(INVALID, f"name: must match {NAME.pattern}")
        return kind_of(request)

    def _rows(self, weighted: wire.TuningRequest.WeightedDataset, kind: Kind) -> int:
        if weighted.weight < 0:
            raise YandexRefusal(INVALID, f"weight of {weighted.dataset_id}: {weighted.weight} is negative")
        dataset = self._datasets.ready(weighted.dataset_id)
        task_type = PUBLISHED_ALIASES.get(dataset.task_type, dataset.task_type)
        if task_type != TASK_TYPES[kind]:
            wanted = TASK_TYPES[kind]
            raise YandexRefusal(INVALID, f"Dataset {dataset.id} is of type {dataset.task_type}, {wanted} is needed")
        return dataset.report.valid_rows if dataset.report else 0

    def _check_quota(self, now: float) -> None:
        settings, starts = self._host.settings, [tuning.created_at for tuning in self._store.all()]
        for span_s, limit, word in (
            (HOUR_S, settings.yandex_tunings_per_hour, "Hour"),
            (DAY_S, settings.yandex_tunings_per_day, "Day"),
        ):
            if sum(now - start < span_s for start in starts) >= limit:
                raise YandexRefusal(
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    f"ai.tuningStartsPer{word}.rate rate quota limit exceed: allowed {limit} requests",
                )


class _Changes:
    """Operations that are done when they start."""

    def operation_state(self, operation: StartedOperation) -> OperationState:
        """Answer with the task."""
        if operation.description.startswith("Archive"):
            return OperationState(done=True, response=wire.ArchiveTuningResponse(tuning_task_id=operation.subject_id))
        return OperationState(done=True, response=wire.EnableBillingResponse(tuning_task_id=operation.subject_id))

    def cancel_operation(self, operation: StartedOperation) -> None:
        """Do nothing: it is done."""


def _held_out(request: wire.TuningRequest) -> list[wire.TuningRequest.WeightedDataset]:
    """Return the validation datasets: the current field and the deprecated one, which the vendor's SDK fills."""
    current = [request.validation_dataset] if request.HasField("validation_dataset") else []
    return [*current, *request.validation_datasets]
