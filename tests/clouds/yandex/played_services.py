"""Yandex AI Studio as a test tells it: a real gRPC server with the official servicer classes on 127.0.0.1."""

import inspect
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2_grpc import (
    SearchIndexServiceServicer,
    add_SearchIndexServiceServicer_to_server,
)
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import (
    DatasetServiceServicer,
    add_DatasetServiceServicer_to_server,
)
from yandex.cloud.ai.files.v1.file_service_pb2_grpc import FileServiceServicer, add_FileServiceServicer_to_server
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import (
    EmbeddingsServiceServicer,
    add_EmbeddingsServiceServicer_to_server,
)
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceServicer, add_TuningServiceServicer_to_server
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import (
    IamTokenServiceServicer,
    add_IamTokenServiceServicer_to_server,
)
from yandex.cloud.operation.operation_service_pb2_grpc import (
    OperationServiceServicer,
    add_OperationServiceServicer_to_server,
)

API_KEY = "yandex-api-key-sentinel"
NOT_TOLD = "the test told no answer"
SERVICES: tuple[tuple[type, Callable[[Any, grpc.Server], None]], ...] = (
    (IamTokenServiceServicer, add_IamTokenServiceServicer_to_server),
    (DatasetServiceServicer, add_DatasetServiceServicer_to_server),
    (TuningServiceServicer, add_TuningServiceServicer_to_server),
    (OperationServiceServicer, add_OperationServiceServicer_to_server),
    (EmbeddingsServiceServicer, add_EmbeddingsServiceServicer_to_server),
    (FileServiceServicer, add_FileServiceServicer_to_server),
    (SearchIndexServiceServicer, add_SearchIndexServiceServicer_to_server),
)


class Refusal(Exception):  # noqa: N818  # what the service answers, not a fault of the test
    """An answer that is an error."""

    def __init__(self, code: grpc.StatusCode, text: str = "refused by the test") -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def refuse(code: grpc.StatusCode, text: str = "refused by the test") -> NoReturn:
    """Answer with an error from within a rule, after whatever the rule has done."""
    raise Refusal(code, text)


NOT_FOUND = Refusal(grpc.StatusCode.NOT_FOUND, "not found")
LOST = Refusal(grpc.StatusCode.UNAVAILABLE, "recvmsg:Connection reset by peer")
QUOTA = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota limit exceed: allowed 3 requests")


class PlayedServices:
    """Answers what it was told; a method told several answers uses them up from the left, the last one stays.

    Plaintext unless there are `credentials`.
    """

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        self._answers: dict[str, list[Any]] = {}
        self._asked: defaultdict[str, list[Any]] = defaultdict(list)
        self._metadata: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self._lock = threading.Lock()
        self._server = grpc.server(ThreadPoolExecutor(32))
        for servicer, add in SERVICES:
            add(self._playing(servicer), self._server)
        place = "127.0.0.1:0"
        add_port = self._server.add_insecure_port
        port = add_port(place) if credentials is None else self._server.add_secure_port(place, credentials)
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def tell(self, method: str, *answers: Any) -> None:
        """Answer `TuningService.List` and the like: with a message, a refusal, or a function of the request."""
        self._answers[method] = list(answers)

    def asked(self, method: str) -> list[Any]:
        """Return the requests so far, in their order."""
        return self._asked[method]

    def metadata(self, method: str) -> list[dict[str, str]]:
        """Return what came with them."""
        return self._metadata[method]

    @property
    def calls(self) -> int:
        """How many there were in all."""
        return sum(len(requests) for requests in self._asked.values())

    def close(self) -> None:
        """Stop."""
        self._server.stop(None).wait()

    def _playing(self, servicer: type) -> Any:
        service = servicer.__name__.removesuffix("Servicer")
        methods = {
            name: self._handler(f"{service}.{name}") for name, _ in inspect.getmembers(servicer, inspect.isfunction)
        }
        return type(f"Played{service}", (servicer,), methods)()

    def _handler(self, method: str) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
        def handle(_: Any, request: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self._asked[method].append(request)
                sent = context.invocation_metadata()
                self._metadata[method].append({key: str(value) for key, value in sent})
                left = self._answers.get(method, [Refusal(grpc.StatusCode.UNIMPLEMENTED, NOT_TOLD)])
                answer = left.pop(0) if len(left) > 1 else left[0]
            try:
                if isinstance(answer, Refusal):
                    raise answer
                return answer(request) if callable(answer) else answer
            except Refusal as refusal:
                context.abort(refusal.code, refusal.text)

        return handle
