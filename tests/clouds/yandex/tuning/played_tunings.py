"""TuningService as a test sets it: tasks that are listed, described and started, with their operations."""

import itertools

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    DescribeTuningRequest,
    DescribeTuningResponse,
    GetOptionsRequest,
    GetOptionsResponse,
    ListTuningsRequest,
    ListTuningsResponse,
    TuningMetadata,
    TuningRequest,
    TuningResponse,
)
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.yandex.specs import WeightedDataset
from clouds.yandex.tuning import TuningRequestSpec
from clouds.yandex.tuning.request import FINGERPRINT
from tests.clouds.yandex.played_services import NOT_FOUND, PlayedServices, refuse

FOLDER = "b1gplayedfolder00000"
BASE = f"emb://{FOLDER}/text-embeddings/latest"
TUNED = f"emb://{FOLDER}/text-embeddings/latest@tamr00000000000000001"
STARTED_S = 1_765_400_000
SPEC = TuningRequestSpec(
    name="search-v1",
    base_model_uri=BASE,
    kind="pair",
    train_datasets=(WeightedDataset(dataset_id="fds00000000000000001"),),
)


class PlayedTunings:
    """Tasks in a folder; pages of two."""

    def __init__(self, services: PlayedServices) -> None:
        self.tasks: list[TuningTask] = []
        self.options: dict[str, TuningRequest] = {}
        self.hidden_lists = 0
        self.takes_validation_dataset = True
        self._ids = itertools.count(1)
        services.tell("TuningService.List", self.list)
        services.tell("TuningService.Describe", self.describe)
        services.tell("TuningService.Tune", self.tune)
        services.tell("TuningService.GetOptions", self.get_options)

    def add(
        self, status: "TuningTask.Status.ValueType", spec: TuningRequestSpec = SPEC, *, labelled: bool = True
    ) -> TuningTask:
        """Put one there."""
        number = next(self._ids)
        task = TuningTask(
            task_id=f"ftn{number:017}",
            operation_id=f"ftn{number:017}",
            status=status,
            folder_id=FOLDER,
            name=spec.name,
            labels={FINGERPRINT: spec.fingerprint} if labelled else {},
            created_at=Timestamp(seconds=STARTED_S + number),
            source_model_uri="emb://text-embeddings/latest",
            target_model_uri=TUNED if status == TuningTask.COMPLETED else "",
        )
        self.tasks.append(task)
        return task

    def tune(self, request: TuningRequest) -> Operation:
        """Start one."""
        task = self.add(TuningTask.CREATED)
        task.name = request.name
        task.labels.clear()
        task.labels.update(request.labels)
        self.options[task.task_id] = request
        return operation(task.task_id, TuningTask.CREATED)

    def list(self, request: ListTuningsRequest) -> ListTuningsResponse:
        """Return a page; the newest task stays hidden for the ordered number of listings."""
        if request.folder_id != FOLDER:
            refuse(grpc.StatusCode.PERMISSION_DENIED)
        tasks = self.tasks
        if self.hidden_lists and tasks:
            self.hidden_lists -= 1
            tasks = tasks[:-1]
        start = int(request.page_token or 0)
        following = str(start + 2) if start + 2 < len(tasks) else ""
        return ListTuningsResponse(tuning_tasks=tasks[start : start + 2], next_page_token=following)

    def describe(self, request: DescribeTuningRequest) -> DescribeTuningResponse:
        """Return one."""
        found = next((task for task in self.tasks if task.task_id == request.tuning_task_id), None)
        if found is None:
            raise NOT_FOUND
        return DescribeTuningResponse(tuning_task=found)

    def get_options(self, request: GetOptionsRequest) -> GetOptionsResponse:
        """Return what one was started with."""
        sent = self.options[request.task_id]
        answer = GetOptionsResponse(task_id=request.task_id, base_model_uri="emb://text-embeddings/latest")
        for dataset in sent.train_datasets:
            answer.train_datasets.add(dataset_id=dataset.dataset_id, weight=dataset.weight)
        answer.validation_datasets.extend(sent.validation_datasets)
        if sent.HasField("validation_dataset") and self.takes_validation_dataset:
            answer.validation_datasets.add(dataset_id=sent.validation_dataset.dataset_id, weight=1.0)
        field = sent.WhichOneof("tuning_params")
        assert field in {"text_embedding_pair_params", "text_embedding_triplet_params"}
        getattr(answer, field).CopyFrom(getattr(sent, field))
        return answer


def operation(
    task_id: str,
    status: "TuningTask.Status.ValueType",
    *,
    steps: tuple[int, int] = (0, 0),
    done: bool = False,
    model: str = "",
    error: Status | None = None,
) -> Operation:
    """Return the operation of a tuning as it looks in that status."""
    metadata, response = AnyMessage(), AnyMessage()
    metadata.Pack(TuningMetadata(tuning_task_id=task_id, status=status, current_step=steps[0], total_steps=steps[1]))
    if error is not None:
        return Operation(id=task_id, metadata=metadata, done=done, error=error)
    if not done:
        return Operation(id=task_id, metadata=metadata)
    response.Pack(TuningResponse(tuning_task_id=task_id, status=status, target_model_uri=model))
    return Operation(id=task_id, metadata=metadata, done=True, response=response)
