"""A tuning is waited for by operation and task, and its failures are told as failures."""

from collections.abc import Callable

import grpc
import pytest
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    CancelTuningRequest,
    CancelTuningResponse,
    GetMetricsUrlResponse,
    ListErrorsResponse,
)
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from clouds.errors import DeadlineError, FailedStateError, NotFoundError, WrongAnswerError
from clouds.yandex.client import YandexClient
from clouds.yandex.specs import LoraSpec, TuningParameters, WeightedDataset
from clouds.yandex.tuning import FinishedTuning, TuningState
from tests.clouds.yandex.played_services import LOST, NOT_FOUND, PlayedServices, Refusal
from tests.clouds.yandex.tuning.played_tunings import SPEC, TUNED, PlayedTunings, operation
from tests.support.virtual_time import VirtualTime

GET = "OperationService.Get"
ERRORS = "TuningService.ListErrors"
DAY_S = 86_400.0
Wait = Callable[..., FinishedTuning]


@pytest.fixture
def task(tunings: PlayedTunings, services: PlayedServices) -> TuningTask:
    """Put a tuning there that is queued, with its operation."""
    services.tell(ERRORS, ListErrorsResponse())
    task = tunings.add(TuningTask.PENDING)
    services.tell(GET, operation(task.task_id, TuningTask.PENDING))
    return task


def wait(yandex: YandexClient, task: TuningTask, seen: list[str] | None = None) -> FinishedTuning:
    """Wait for it a day at most; `seen` collects what was seen."""

    def on_look(state: TuningState, _: float) -> None:
        if seen is not None:
            seen.append(str(state))

    return yandex.tunings.wait_finished(task.task_id, task.operation_id, deadline_s=DAY_S, on_look=on_look)


def complete(task: TuningTask) -> None:
    """Let the task end well."""
    task.status = TuningTask.COMPLETED
    task.target_model_uri = TUNED


def test_an_operation_that_has_expired_is_not_missed(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """About two weeks later only the task is there, and it says all."""
    services.tell(GET, NOT_FOUND)
    complete(task)
    finished = wait(yandex, task)
    assert (finished.target_model_uri, finished.name) == (TUNED, SPEC.name)
    assert finished.created_at is not None


def test_a_tuning_without_an_operation_is_waited_for(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """An adopted one may tell none: then none is asked for."""
    complete(task)
    assert yandex.tunings.wait_finished(task.task_id, deadline_s=DAY_S).target_model_uri == TUNED
    assert services.asked(GET) == []


def test_a_task_that_is_not_there_yet_is_waited_for(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, task: TuningTask
) -> None:
    """For the first seconds Describe answers NOT_FOUND, and perhaps the operation too."""
    complete(task)
    services.tell("TuningService.Describe", NOT_FOUND, NOT_FOUND, tunings.describe)
    services.tell(GET, NOT_FOUND, operation(task.task_id, TuningTask.CREATED))
    seen: list[str] = []
    assert wait(yandex, task, seen).target_model_uri == TUNED
    assert seen == ["no status yet", "CREATED", "COMPLETED"]


@pytest.mark.usefixtures("tunings")
def test_a_tuning_that_is_nowhere_is_told(yandex: YandexClient, services: PlayedServices, time: VirtualTime) -> None:
    """A minute later it is a wrong id, not a young one."""
    services.tell(GET, NOT_FOUND)
    begun_s = time.now_s
    with pytest.raises(NotFoundError, match="tuning ftn-of-nobody"):
        yandex.tunings.wait_finished("ftn-of-nobody", "ftn-of-nobody", deadline_s=DAY_S)
    assert 60 <= time.now_s - begun_s < 70


def test_a_failed_one_is_told_with_its_errors(yandex: YandexClient, services: PlayedServices, task: TuningTask) -> None:
    """The texts meant for users come first; the operation's own words are poorer."""
    task.status = TuningTask.FAILED
    services.tell(GET, operation(task.task_id, TuningTask.FAILED, done=True, error=Status(code=13, message="internal")))
    services.tell(
        ERRORS,
        ListErrorsResponse(
            tuning_error=[
                TuningError(message="worker lost", type=TuningError.INTERNAL),
                TuningError(message="loss is not a number", type=TuningError.PUBLIC),
            ]
        ),
    )
    with pytest.raises(FailedStateError, match=r"tuning search-v1 \(ftn0+1\) is FAILED: loss is not a number; worker"):
        wait(yandex, task)


def test_a_failed_task_counts_when_its_operation_is_gone(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """The vendor's own SDK reads this one as a success."""
    task.status = TuningTask.FAILED
    services.tell(GET, NOT_FOUND)
    with pytest.raises(FailedStateError, match=r"is FAILED.*gives no reason: look at it in the console"):
        wait(yandex, task)


def test_a_failure_is_told_even_when_its_errors_are_not_to_be_had(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """Then the operation's own words stand in."""
    services.tell(GET, operation(task.task_id, TuningTask.FAILED, done=True, error=Status(code=9, message="no rows")))
    services.tell(ERRORS, Refusal(grpc.StatusCode.INTERNAL))
    with pytest.raises(FailedStateError, match="is FAILED: no rows") as caught:
        wait(yandex, task)
    assert caught.value.reason == "no rows"
    assert caught.value.resource["status"] == "FAILED"


def test_a_response_that_says_failed_is_a_failure(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """`done` with a response is no success by itself."""
    services.tell(GET, operation(task.task_id, TuningTask.FAILED, done=True))
    with pytest.raises(FailedStateError, match="is FAILED"):
        wait(yandex, task)


def test_a_cancelled_one_is_a_failure(yandex: YandexClient, services: PlayedServices, task: TuningTask) -> None:
    """A cancelled operation has the grpc code CANCELLED, or the task says so."""
    services.tell(GET, operation(task.task_id, TuningTask.PENDING, done=True, error=Status(code=1, message="by user")))
    with pytest.raises(FailedStateError, match=r"is CANCELED: by user\. Run again: another one will be started"):
        wait(yandex, task)
    services.tell(GET, operation(task.task_id, TuningTask.PENDING))
    task.status = TuningTask.CANCELED
    with pytest.raises(FailedStateError, match="is CANCELED"):
        wait(yandex, task)


def test_an_error_before_the_end_is_not_the_end(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """It is told while the service rolls back, and the wait goes on until the operation is done."""
    error = Status(code=8, message="no GPU now")
    rolling_back = operation(task.task_id, TuningTask.PENDING, error=error)
    done = operation(task.task_id, TuningTask.FAILED, done=True, error=error)
    services.tell(GET, rolling_back, rolling_back, done)
    seen: list[str] = []
    with pytest.raises(FailedStateError, match="is FAILED: no GPU now"):
        wait(yandex, task, seen)
    assert seen == ["PENDING, rolling back: no GPU now", "PENDING, rolling back: no GPU now", "FAILED"]


def test_a_completed_one_without_a_model_is_told(
    yandex: YandexClient, services: PlayedServices, task: TuningTask, time: VirtualTime
) -> None:
    """The model's URI may come seconds later, not never."""
    task.status = TuningTask.COMPLETED
    services.tell(GET, operation(task.task_id, TuningTask.COMPLETED, done=True))
    begun_s = time.now_s
    with pytest.raises(WrongAnswerError, match="is COMPLETED and names no model"):
        wait(yandex, task)
    assert 60 <= time.now_s - begun_s < 70


def test_the_model_of_the_task_counts_where_the_response_has_none(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """Either place will do."""
    complete(task)
    services.tell(GET, operation(task.task_id, TuningTask.COMPLETED, done=True))
    assert wait(yandex, task).target_model_uri == TUNED


def test_steps_are_told_where_the_service_gives_them(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """They stand in the operation only; where there are none nothing is made up."""
    task.status = TuningTask.IN_PROGRESS
    services.tell(
        GET,
        operation(task.task_id, TuningTask.IN_PROGRESS),
        operation(task.task_id, TuningTask.IN_PROGRESS, steps=(30, 120)),
        operation(task.task_id, TuningTask.COMPLETED, done=True, model=TUNED),
    )
    seen: list[str] = []
    wait(yandex, task, seen)
    assert seen == ["IN_PROGRESS", "IN_PROGRESS, step 30 of 120", "COMPLETED"]


def test_a_service_that_is_away_for_a_while_does_not_end_the_wait(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """Nor does a quota of looks."""
    complete(task)
    services.tell(GET, *[LOST] * 7, *[Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED)] * 7, NOT_FOUND)
    assert wait(yandex, task).target_model_uri == TUNED


def test_a_status_that_nobody_published_is_waited_out(
    yandex: YandexClient, services: PlayedServices, task: TuningTask
) -> None:
    """It is named in the deadline's message rather than taken for an end."""
    task.status = 17  # pyright: ignore[reportAttributeAccessIssue]  # a number that came later
    with pytest.raises(DeadlineError, match="last seen: status 17, which is not published"):
        wait(yandex, task)
    assert len(services.asked(GET)) > 100


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "IN_PROGRESS"])
def test_one_under_way_is_cancelled(
    yandex: YandexClient, services: PlayedServices, task: TuningTask, status: str
) -> None:
    """The service is asked once, and how it was is returned."""

    def cancel(request: CancelTuningRequest) -> CancelTuningResponse:
        task.status = TuningTask.CANCELED
        return CancelTuningResponse(tuning_task_id=request.tuning_task_id)

    services.tell("TuningService.Cancel", cancel)
    task.status = TuningTask.Status.Value(status)
    assert yandex.tunings.cancel(task.task_id).status == status
    assert yandex.tunings.get(task.task_id).status == "CANCELED"


def test_one_that_has_ended_is_not_cancelled(yandex: YandexClient, services: PlayedServices, task: TuningTask) -> None:
    """There is nothing left to stop."""
    complete(task)
    assert yandex.tunings.cancel(task.task_id).succeeded
    assert services.asked("TuningService.Cancel") == []


@pytest.mark.usefixtures("tunings")
def test_metrics_are_none_until_there_are_some(yandex: YandexClient, services: PlayedServices) -> None:
    """NOT_FOUND means not yet."""
    services.tell("TuningService.GetMetricsUrl", NOT_FOUND, GetMetricsUrlResponse(load_url="http://127.0.0.1/zip"))
    assert yandex.tunings.metrics_url("ftn1") is None
    assert yandex.tunings.metrics_url("ftn1") == "http://127.0.0.1/zip"


@pytest.mark.parametrize("kind", ["pair", "triplet"])
def test_options_are_what_was_started_with(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, kind: str
) -> None:
    """Whole numbers stay whole; a tuning that is too young to have options is waited for."""
    parameters = TuningParameters(seed=3, embedding_dims=(35, 128), tuning_type=LoraSpec(rank=8))
    spec = SPEC.model_copy(update={"kind": kind, "parameters": parameters, "validation_dataset_id": "fds2"})
    task_id = yandex.tunings.ensure(spec).task_id
    services.tell("TuningService.GetOptions", NOT_FOUND, NOT_FOUND, tunings.get_options)
    options = yandex.tunings.options(task_id)
    assert options.kind == kind
    assert options.parameters == {"seed": 3, "embedding_dims": [35, 128], "lora": {"rank": 8}}
    assert options.train_datasets == (WeightedDataset(dataset_id="fds00000000000000001"),)
    assert options.validation_dataset_ids == ("fds2",)


def test_errors_are_asked_for_by_the_task(yandex: YandexClient, services: PlayedServices) -> None:
    """An empty text is none."""
    services.tell(ERRORS, ListErrorsResponse(tuning_error=[TuningError(), TuningError(message="why")]))
    assert yandex.tunings.errors("ftn1") == ["why"]
    assert services.asked(ERRORS)[0].tuning_task_id == "ftn1"
