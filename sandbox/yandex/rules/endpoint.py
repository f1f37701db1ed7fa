"""Discovery: the address of each service. Source: docs/yandex-api.md, recorded ListApiEndpoints."""

import grpc
from yandex.cloud.endpoint.api_endpoint_pb2 import ApiEndpoint

from sandbox.host import Host
from sandbox.yandex.refusal import YandexRefusal

HTTP_SERVICES = ("storage",)
GRPC_SERVICES = ("endpoint", "ai-foundation-models", "ai-assistants", "ai-files", "operation", "iam")


class ApiEndpoints:
    """Every gRPC service answers at one address, the object store at the HTTP one."""

    def __init__(self, host: Host) -> None:
        self._http_address = host.base_url.removeprefix("http://")
        self.grpc_address = ""
        """`host:port`, known once the server listens."""

    def all(self) -> list[ApiEndpoint]:
        """Return the address of every service."""
        return [
            *(ApiEndpoint(id=name, address=self.grpc_address) for name in GRPC_SERVICES),
            *(ApiEndpoint(id=name, address=self._http_address) for name in HTTP_SERVICES),
        ]

    def get(self, endpoint_id: str) -> ApiEndpoint:
        """Return the address of one service, or refuse with NOT_FOUND."""
        found = next((endpoint for endpoint in self.all() if endpoint.id == endpoint_id), None)
        if found is None:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"Endpoint {endpoint_id} not found")
        return found
