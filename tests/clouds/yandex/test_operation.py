"""Operations: only done ends a wait, an error before it does not, and what is gone is told apart."""

from collections.abc import Callable

import grpc
import pytest
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ValidateDatasetMetadata, ValidateDatasetResponse
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.errors import DeadlineError, FailedStateError, NotFoundError, WrongAnswerError
from clouds.yandex.assumptions import Assumptions, ConnectionAssumptions
from clouds.yandex.client import YandexClient
from clouds.yandex.operation import progress, unpack
from tests.clouds.yandex.played_services import NOT_FOUND, PlayedServices, Refusal
from tests.support.virtual_time import VirtualTime

GET, CANCEL = "OperationService.Get", "OperationService.Cancel"
ERROR = Status(code=grpc.StatusCode.INTERNAL.value[0], message="disk is full")


def test_an_error_before_done_is_not_the_end(yandex: YandexClient, services: PlayedServices, time: VirtualTime) -> None:
    """While what was done is being undone the wait goes on; done with the error is the failure."""
    undoing = Operation(id="x", error=ERROR)
    services.tell(GET, Operation(id="x"), undoing, undoing, Operation(id="x", error=ERROR, done=True))
    seen: list[str] = []
    with pytest.raises(FailedStateError, match="work: operation x failed with INTERNAL: disk is full") as caught:
        yandex.operations.wait_done("x", subject="work", deadline_s=100, on_look=lambda words, _: seen.append(words))
    assert (caught.value.resource, caught.value.reason) == ("INTERNAL", "disk is full")
    assert seen == ["running", "failing: disk is full", "failing: disk is full", "failing: disk is full"]
    assert len(time.slept_s) == 3


def test_a_minute_without_an_answer_is_outlived(yandex: YandexClient, services: PlayedServices) -> None:
    """More refusals than one call repeats do not end the wait."""
    away = Refusal(grpc.StatusCode.UNAVAILABLE, "overloaded")
    services.tell(GET, *[away] * 12, Operation(id="x", done=True))
    assert yandex.operations.wait_done("x", subject="work", deadline_s=1000).done


def test_one_that_is_gone_is_told_at_once(yandex: YandexClient, services: PlayedServices) -> None:
    """After about two weeks an operation answers NOT_FOUND: whoever waits describes what it worked on."""
    services.tell(GET, NOT_FOUND)
    with pytest.raises(NotFoundError, match="operation x"):
        yandex.operations.wait_done("x", subject="work", deadline_s=100)
    assert len(services.asked(GET)) == 1


def test_a_deadline_says_what_was_seen(yandex: YandexClient, services: PlayedServices) -> None:
    """Not done in time: the state is told, in the caller's words."""
    services.tell(GET, Operation(id="x"))
    with pytest.raises(DeadlineError, match="work: not ready after 5 s; last seen: going"):
        yandex.operations.wait_done("x", subject="work", deadline_s=5, words=lambda _: "going")


def test_cancelling_may_be_repeated(yandex: YandexClient, services: PlayedServices) -> None:
    """A lost reply is no reason to leave it running."""
    services.tell(CANCEL, Refusal(grpc.StatusCode.UNAVAILABLE, "later"), Operation(id="x"))
    assert yandex.operations.cancel("x").id == "x"
    assert len(services.asked(CANCEL)) == 2


def test_the_host_that_is_asked_is_an_assumption(
    make_yandex: Callable[[Assumptions], YandexClient], services: PlayedServices
) -> None:
    """Both published hosts can be set."""
    services.tell(GET, Operation(id="x"))
    for host in ("llm", "operation"):
        client = make_yandex(Assumptions(connection=ConnectionAssumptions(operations_at=host)))
        assert client.operations.get("x").id == "x"


def test_response_and_metadata_are_read_as_what_they_are() -> None:
    """Metadata may be missing for a while; a response of another type is a changed API."""
    operation = Operation(id="x", done=True)
    assert progress(operation, ValidateDatasetMetadata) is None
    operation.metadata.Pack(ValidateDatasetMetadata(total_rows=7))
    rows = progress(operation, ValidateDatasetMetadata)
    assert rows is not None
    assert rows.total_rows == 7
    with pytest.raises(WrongAnswerError, match="holds no response where"):
        unpack(operation, ValidateDatasetResponse)
    operation.response.Pack(ValidateDatasetMetadata())
    with pytest.raises(WrongAnswerError, match=r"ValidateDatasetMetadata where .*ValidateDatasetResponse"):
        unpack(operation, ValidateDatasetResponse)
