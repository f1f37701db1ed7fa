"""The gRPC server: one port of the loopback address for every service."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from yandex.cloud.ai.assistants.v1.searchindex.search_index_file_service_pb2_grpc import (
    add_SearchIndexFileServiceServicer_to_server,
)
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import (
    add_SearchIndexServiceServicer_to_server,
)
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import add_DatasetServiceServicer_to_server
from yandex.cloud.ai.files.v1.file_service_pb2_grpc import add_FileServiceServicer_to_server
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import (
    add_EmbeddingsServiceServicer_to_server,
)
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import add_TuningServiceServicer_to_server
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import add_ApiEndpointServiceServicer_to_server
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import add_IamTokenServiceServicer_to_server
from yandex.cloud.operation.operation_service_pb2_grpc import add_OperationServiceServicer_to_server

from sandbox.errors import StartError
from sandbox.host import Host
from sandbox.yandex.cloud import Yandex
from sandbox.yandex.interceptor import Gate
from sandbox.yandex.servicers.dataset import DatasetServicer
from sandbox.yandex.servicers.embedding import EmbeddingsServicer
from sandbox.yandex.servicers.endpoint import ApiEndpointServicer
from sandbox.yandex.servicers.files import FileServicer
from sandbox.yandex.servicers.iam import IamTokenServicer
from sandbox.yandex.servicers.operation import OperationServicer
from sandbox.yandex.servicers.search_index import SearchIndexFileServicer, SearchIndexServicer
from sandbox.yandex.servicers.tuning import TuningServicer

HOST = "127.0.0.1"
THREADS = 32
MAX_MESSAGE_BYTES = 160 * 2**20
"""A file travels in one message: 128 MB and what is around it. Source: docs/yandex-api.md, limits."""
OPTIONS = (
    ("grpc.so_reuseport", 0),  # or two sandboxes would share a port, each getting half of the calls
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)


class YandexServer:
    """Every gRPC service of Yandex Cloud."""

    def __init__(self, host: Host, yandex: Yandex) -> None:
        self._endpoints = yandex.endpoints
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="grpc"),
            interceptors=[Gate(host, yandex.iam)],
            options=OPTIONS,
        )
        # The stubs call every method abstract; one without rules answers UNIMPLEMENTED.
        add_ApiEndpointServiceServicer_to_server(ApiEndpointServicer(yandex), self._server)
        add_IamTokenServiceServicer_to_server(IamTokenServicer(yandex), self._server)  # pyright: ignore[reportAbstractUsage]
        add_OperationServiceServicer_to_server(OperationServicer(yandex), self._server)
        add_DatasetServiceServicer_to_server(DatasetServicer(yandex), self._server)
        add_TuningServiceServicer_to_server(TuningServicer(yandex), self._server)  # pyright: ignore[reportAbstractUsage]
        add_EmbeddingsServiceServicer_to_server(EmbeddingsServicer(yandex), self._server)
        add_FileServiceServicer_to_server(FileServicer(yandex), self._server)
        add_SearchIndexServiceServicer_to_server(SearchIndexServicer(yandex), self._server)
        add_SearchIndexFileServiceServicer_to_server(SearchIndexFileServicer(yandex), self._server)

    def start(self, port: int) -> int:
        """Listen and return the port; 0 takes any free one."""
        try:
            port = self._server.add_insecure_port(f"{HOST}:{port}")
        except RuntimeError as error:
            raise StartError(f"port {port} cannot be used; choose another with --grpc-port") from error
        self._endpoints.grpc_address = f"{HOST}:{port}"
        self._server.start()
        return port

    def stop(self) -> None:
        """End every call and stop listening."""
        self._server.stop(grace=None).wait()
