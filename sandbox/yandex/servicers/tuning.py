"""yandex.cloud.ai.tuning.v1.TuningService."""

import grpc
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceServicer
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.yandex.cloud import Yandex

Context = grpc.ServicerContext


class TuningServicer(TuningServiceServicer):
    """Tunings of the folder; drafts are not implemented, as in production."""

    def __init__(self, yandex: Yandex) -> None:
        self._tunings = yandex.tunings

    def Tune(self, request: wire.TuningRequest, context: Context) -> Operation:
        """Start a tuning."""
        return self._tunings.start(request)

    def List(self, request: wire.ListTuningsRequest, context: Context) -> wire.ListTuningsResponse:
        """Return a page of tasks."""
        tasks, token = self._tunings.page(request)
        return wire.ListTuningsResponse(tuning_tasks=tasks, next_page_token=token)

    def Describe(self, request: wire.DescribeTuningRequest, context: Context) -> wire.DescribeTuningResponse:
        """Return a task."""
        return wire.DescribeTuningResponse(tuning_task=self._tunings.describe(request.tuning_task_id))

    def Cancel(self, request: wire.CancelTuningRequest, context: Context) -> wire.CancelTuningResponse:
        """End a task."""
        self._tunings.cancel(request.tuning_task_id)
        return wire.CancelTuningResponse(tuning_task_id=request.tuning_task_id)

    def GetMetricsUrl(self, request: wire.GetMetricsUrlRequest, context: Context) -> wire.GetMetricsUrlResponse:
        """Return the URL of the events."""
        return wire.GetMetricsUrlResponse(load_url=self._tunings.metrics_url(request.task_id))

    def GetOptions(self, request: wire.GetOptionsRequest, context: Context) -> wire.GetOptionsResponse:
        """Return the parameters that are used."""
        return self._tunings.options(request.task_id)

    def ListErrors(self, request: wire.ListErrorsRequest, context: Context) -> wire.ListErrorsResponse:
        """Return why it failed."""
        return wire.ListErrorsResponse(tuning_error=self._tunings.errors(request.tuning_task_id))

    def Archive(self, request: wire.ArchiveTuningRequest, context: Context) -> Operation:
        """Archive a task."""
        return self._tunings.archive(request.tuning_task_id)

    def EnableBilling(self, request: wire.EnableBillingRequest, context: Context) -> Operation:
        """Accept to be billed."""
        return self._tunings.enable_billing(request.tuning_task_id)
