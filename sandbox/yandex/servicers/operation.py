"""yandex.cloud.operation.OperationService."""

import grpc
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest, GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceServicer

from sandbox.yandex.cloud import Yandex


class OperationServicer(OperationServiceServicer):
    """Operations of every service."""

    def __init__(self, yandex: Yandex) -> None:
        self._operations = yandex.operations

    def Get(self, request: GetOperationRequest, context: grpc.ServicerContext) -> Operation:
        """Return the operation as it is now."""
        return self._operations.get(request.operation_id)

    def Cancel(self, request: CancelOperationRequest, context: grpc.ServicerContext) -> Operation:
        """Ask for its end."""
        return self._operations.cancel(request.operation_id)
