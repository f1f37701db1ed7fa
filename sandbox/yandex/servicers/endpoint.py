"""yandex.cloud.endpoint.ApiEndpointService."""

import grpc
from yandex.cloud.endpoint.api_endpoint_pb2 import ApiEndpoint
from yandex.cloud.endpoint.api_endpoint_service_pb2 import (
    GetApiEndpointRequest,
    ListApiEndpointsRequest,
    ListApiEndpointsResponse,
)
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import ApiEndpointServiceServicer

from sandbox.yandex.cloud import Yandex


class ApiEndpointServicer(ApiEndpointServiceServicer):
    """Discovery."""

    def __init__(self, yandex: Yandex) -> None:
        self._endpoints = yandex.endpoints

    def Get(self, request: GetApiEndpointRequest, context: grpc.ServicerContext) -> ApiEndpoint:
        """Return one address."""
        return self._endpoints.get(request.api_endpoint_id)

    def List(self, request: ListApiEndpointsRequest, context: grpc.ServicerContext) -> ListApiEndpointsResponse:
        """Return every address, on one page."""
        return ListApiEndpointsResponse(endpoints=self._endpoints.all())
