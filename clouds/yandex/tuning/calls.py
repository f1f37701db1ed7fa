"""The calls of TuningService, one method each. Source: docs/yandex-api.md, Tuning."""

from yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    CancelTuningRequest,
    DescribeTuningRequest,
    GetMetricsUrlRequest,
    GetOptionsRequest,
    ListErrorsRequest,
    ListTuningsRequest,
    ListTuningsResponse,
    TuningRequest,
)
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceStub
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.about import check_about
from clouds.errors import NotFoundError
from clouds.pages import by_token
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.tuning.options import TuningOptions, of_response
from clouds.yandex.tuning.state import UNDER_WAY, TuningState, of_task

PAGE_SIZE = 100


class TuningCalls:
    """What can be asked of the service. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def _tune(self, request: TuningRequest, idempotency_key: str) -> Operation:
        """Start one. The call is sent once: who does not hear the answer looks before asking again."""
        return self._connection.calls.call(
            self._stub.Tune,
            request,
            subject=f"start of tuning {request.name}",
            repeatable=False,
            role=roles.TUNINGS,
            idempotency_key=idempotency_key,
            names="id",
        )

    def get(self, task_id: str) -> TuningState:
        """Return the tuning.

        Raises:
            NotFoundError: there is none of that id, or it was started seconds ago.

        """
        answer = self._connection.calls.call(
            self._stub.Describe,
            DescribeTuningRequest(tuning_task_id=task_id),
            subject=f"tuning {task_id}",
            repeatable=True,
            role=roles.TUNINGS,
            names="tuning_task.task_id",
            about=task_id,
        )
        return of_task(answer.tuning_task)

    def options(self, task_id: str) -> TuningOptions:
        """Return what it really runs with; one that was started seconds ago is waited for."""
        subject = f"options of tuning {task_id}"
        answer = self._connection.wait_visible(
            lambda: self._connection.calls.call(
                self._stub.GetOptions,
                GetOptionsRequest(task_id=task_id),
                subject=subject,
                repeatable=True,
                role=roles.TUNINGS,
            ),
            subject=subject,
        )
        if answer.task_id:  # whether it is always filled is UNKNOWN
            check_about(task_id, answer.task_id, subject=subject)
        return of_response(answer)

    def errors(self, task_id: str) -> list[str]:
        """Return why it failed, in the service's words, those meant for users first."""
        answer = self._connection.calls.call(
            self._stub.ListErrors,
            ListErrorsRequest(tuning_task_id=task_id),
            subject=f"errors of tuning {task_id}",
            repeatable=True,
            role=roles.TUNINGS,
        )
        told = sorted(answer.tuning_error, key=lambda error: error.type != TuningError.PUBLIC)
        return [error.message for error in told if error.message]

    def metrics_url(self, task_id: str) -> str | None:
        """Return where its metrics are, a zip to download at once; None while there are none."""
        try:
            answer = self._connection.calls.call(
                self._stub.GetMetricsUrl,
                GetMetricsUrlRequest(task_id=task_id),
                subject=f"metrics of tuning {task_id}",
                repeatable=True,
                role=roles.TUNINGS,
            )
        except NotFoundError:
            return None
        return answer.load_url or None

    def cancel(self, task_id: str) -> TuningState:
        """Ask the service to stop it, unless it has ended, and return how it was before; the wait tells how it ends."""
        before = self._connection.wait_visible(lambda: self.get(task_id), subject=f"tuning {task_id}")
        if before.status in UNDER_WAY:
            self._connection.calls.call(
                self._stub.Cancel,
                CancelTuningRequest(tuning_task_id=task_id),
                subject=f"cancelling tuning {task_id}",
                repeatable=True,
                role=roles.TUNINGS,
            )
        return before

    def list(self) -> list[TuningState]:
        """Return every tuning of the folder, of all models."""

        def ask(token: str) -> ListTuningsResponse:
            return self._connection.calls.call(
                self._stub.List,
                ListTuningsRequest(folder_id=self._connection.folder_id, page_size=PAGE_SIZE, page_token=token),
                subject="list of tunings",
                repeatable=True,
                role=roles.TUNINGS,
            )

        pages = by_token(ask, lambda page: page.next_page_token, subject="list of tunings")
        return [of_task(task) for page in pages for task in page.tuning_tasks]

    @property
    def _stub(self) -> TuningServiceStub:
        return TuningServiceStub(self._connection.llm)
