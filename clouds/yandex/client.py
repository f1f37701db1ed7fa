"""All services of one folder of Yandex AI Studio behind one credential."""

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest, CreateIamTokenResponse
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub

from clouds.errors import ConfigurationError
from clouds.recorder import Recorder
from clouds.redaction import Redaction
from clouds.transport import open_http
from clouds.yandex.assumptions import Assumptions
from clouds.yandex.auth import Auth, Authorizer, Exchange, advice_on
from clouds.yandex.channel import Calls, Channels, read_authorities
from clouds.yandex.connection import Connection
from clouds.yandex.dataset.client import Datasets
from clouds.yandex.embedding.client import Embeddings
from clouds.yandex.metrics.client import Metrics
from clouds.yandex.operation import Operations
from clouds.yandex.search.client import SearchIndexes
from clouds.yandex.search.files import Files
from clouds.yandex.search.vector_store import VectorStores
from clouds.yandex.tuning.client import Tunings
from clouds.yandex.wire.endpoints import Endpoints

UPLOAD_TIMEOUT_S = 300.0
"""How long one send or receive of a presigned upload may hang, not the whole upload."""


class YandexClient:
    """The typed client. Synchronous, and safe under threads: parallel steps share one."""

    def __init__(
        self,
        *,
        folder_id: str,
        auth: Auth,
        endpoints: Endpoints = Endpoints(),  # noqa: B008  # frozen
        assumptions: Assumptions = Assumptions(),  # noqa: B008  # frozen
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        recorder: Recorder | None = None,
    ) -> None:
        """Ask nothing yet: the first call fetches the first token. `now` is Unix time, `recorder` keeps answers."""
        redaction = Redaction()
        through_proxy = assumptions.connection.through_proxy
        authorities = read_authorities(endpoints)
        self._channels = Channels(tls=endpoints.tls, authorities=authorities, through_proxy=through_proxy)
        verify = _trust(endpoints, authorities)
        self._http = open_http(through_proxy=through_proxy, timeout_s=UPLOAD_TIMEOUT_S, verify=verify)
        identity = advice_on(auth)
        unsigned = Calls(None, identity=identity, redaction=redaction, clock=clock, sleep=sleep, recorder=recorder)
        exchange = _exchange(unsigned, self._channels, endpoints)
        authorizer = Authorizer(auth, exchange, redaction=redaction, clock=clock, now=now)
        calls = Calls(authorizer, identity=identity, redaction=redaction, clock=clock, sleep=sleep, recorder=recorder)
        connection = Connection(
            calls,
            authorizer,
            self._channels,
            self._http,
            folder_id,
            endpoints,
            assumptions,
            redaction,
            clock,
            sleep,
            recorder,
        )
        self.operations = Operations(connection)
        self.datasets = Datasets(connection, self.operations)
        self.tunings = Tunings(connection, self.operations)
        self.metrics = Metrics(self._http, self.tunings.metrics_url)
        self.embeddings = Embeddings(connection)
        self.files = Files(connection)
        self.vector_stores = VectorStores(connection)
        self.search_indexes = SearchIndexes(connection, self.operations, self.files, self.vector_stores)

    def close(self) -> None:
        """Close the connections."""
        self._channels.close()
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


def _exchange(calls: Calls, channels: Channels, endpoints: Endpoints) -> Exchange:
    """Return how a signed JWT becomes a token; to ask twice does no harm."""

    def exchange(signed: str) -> CreateIamTokenResponse:
        stub = IamTokenServiceStub(channels.to(endpoints.iam))
        request = CreateIamTokenRequest(jwt=signed)
        return calls.call(
            stub.Create, request, subject="IAM token for the authorized key", repeatable=True, names="iam_token"
        )

    return exchange


def _trust(endpoints: Endpoints, authorities: bytes | None) -> ssl.SSLContext | bool:
    if authorities is None:
        return True
    try:
        return ssl.create_default_context(cadata=authorities.decode())
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"endpoints.ca_file {endpoints.ca_file} holds no certificate in PEM; correct it in the connection block"
        ) from error
