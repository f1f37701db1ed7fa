"""All services of one project of Cloud.ru Evolution behind one access key."""

import time
from collections.abc import Callable
from types import MappingProxyType, TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from clouds.cloudru.address import ConfiguredAddresses
from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.auth import BearerAuth, Iam
from clouds.cloudru.connection import Connection
from clouds.cloudru.foundation_models.client import FoundationModels
from clouds.cloudru.inference.catalogue import InferenceCatalogue
from clouds.cloudru.inference.client import Inferences
from clouds.cloudru.inference.model import Models
from clouds.cloudru.knowledge.client import KnowledgeBases
from clouds.cloudru.knowledge.search import Search
from clouds.cloudru.logs.client import LogGroups
from clouds.cloudru.secret.client import Secrets
from clouds.cloudru.storage import Storage
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.recorder import Recorder
from clouds.redaction import Redaction
from clouds.transport import Transport, open_http

NOT_KNOWN = "The service does not know this call: check the endpoints in the connection block, and update this release."
ADVICE = MappingProxyType(
    {
        401: "Check key id and key secret in the credentials block: an access key lives 1 to 365 days and belongs to "
        "one service account.",
        403: "Give the service account the project role PROJECT_ROLE_PROJECT_ADMIN and, for Managed RAG, the role "
        "managed_rag.admin (in the console: managed-rag.admin), and check the project id in the credentials block.",
        404: "Check the project id in the credentials block and the endpoints in its connection.",
        405: NOT_KNOWN,
        501: NOT_KNOWN,
        429: "A limit is reached: wait, or ask for more quota in the console.",
        500: "The service failed; try again later.",
        502: "The service is not able to answer now; try again later.",
        503: "The service is not able to answer now; try again later.",
        504: "The service is not able to answer now; try again later.",
    }
)
"""Role names. Source: docs/cloudru-api.md, IAM."""


class CloudRuClient:
    """The typed client. Synchronous, and safe under threads: parallel steps share one."""

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str | SecretStr,
        project_id: str,
        endpoints: Endpoints = Endpoints(),  # noqa: B008  # frozen
        assumptions: Assumptions = Assumptions(),  # noqa: B008  # frozen
        http: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        recorder: Recorder | None = None,
    ) -> None:
        """Ask nothing yet: the first call fetches the first token. `recorder` keeps what is answered."""
        secret = key_secret if isinstance(key_secret, SecretStr) else SecretStr(key_secret)
        redaction = Redaction()
        redaction.add(secret.get_secret_value())
        self._http = open_http(http, through_proxy=assumptions.connection.through_proxy)
        plain = Transport(self._http, advice=ADVICE, redaction=redaction, clock=clock, sleep=sleep, recorder=recorder)
        self.iam = Iam(plain, endpoints.iam, key_id, secret, redaction=redaction, clock=clock)
        auth = BearerAuth(self.iam, ConfiguredAddresses(endpoints))
        transport = Transport(
            self._http, auth=auth, advice=ADVICE, redaction=redaction, clock=clock, sleep=sleep, recorder=recorder
        )
        connection = Connection(transport, project_id, endpoints, assumptions, redaction, clock, sleep)
        self.storage = Storage(connection, key_id=key_id, key_secret=secret)
        self.secrets = Secrets(connection)
        self.log_groups = LogGroups(connection)
        self.models = Models(connection)
        self.inference_catalogue = InferenceCatalogue(connection)
        self.inferences = Inferences(connection, self.models, self.inference_catalogue)
        self.knowledge_bases = KnowledgeBases(connection)
        self.search = Search(connection)
        self.foundation_models = FoundationModels(plain, endpoints.foundation_models)

    def close(self) -> None:
        """Close the connections."""
        self.storage.close()
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()
