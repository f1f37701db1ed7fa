"""Control calls over boto3."""

import os
import threading
from collections.abc import Callable
from typing import Any

import boto3
import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.session import Session
from pydantic import SecretStr

from clouds.cloudru.connection import Connection
from clouds.cloudru.storage.failure import refused_by_boto3
from clouds.cloudru.wire.storage import REGION
from clouds.errors import ConnectionFailedError, UnavailableError
from clouds.transport import ATTEMPTS, FIRST_BACKOFF_S, LONGEST_BACKOFF_S

IGNORED = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
"""What the user has configured for AWS has no say here."""
DATA = create_loader()
"""Reads boto3's description of S3 and of its regions, megabytes of JSON, once in a process and not for every client."""


class Control:
    """A boto3 client that is made when it is first needed. Safe under threads.

    Path style, and checksums only when required, because stores other than AWS often refuse boto3's newer default.
    Every call made here may be repeated, so 5xx and lost answers are, up to 3 times, with the transport's backoff.
    """

    def __init__(self, connection: Connection, access_key_id: Callable[[], str], secret: SecretStr) -> None:
        """Ask for the access key id with the first call: it holds the tenant, which is a question in itself."""
        self._connection = connection
        self._access_key_id = access_key_id
        self._secret = secret
        self._lock = threading.Lock()
        self._client: Any = None

    def call(self, operation: str, asked: str, **parameters: Any) -> Any:
        """Return what boto3 returns; `asked` says in errors what was asked for.

        Raises:
            CloudError: the class that names the cause.

        """
        act = getattr(self._made(), operation)

        def once() -> Any:
            try:
                return act(**parameters)
            except (ClientError, BotoCoreError) as error:
                raise refused_by_boto3(asked, error, self._connection.redaction) from error

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=FIRST_BACKOFF_S, max=LONGEST_BACKOFF_S),
            retry=tenacity.retry_if_exception_type((ConnectionFailedError, UnavailableError)),
            sleep=self._connection.sleep,
            reraise=True,
        )
        return retrying(once)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()

    def _made(self) -> Any:
        with self._lock:
            if self._client is None:
                nothing = {name: (None, None, default, None) for name, default in IGNORED.items()}
                session = Session(session_vars=nothing)
                session.register_component("data_loader", DATA)
                self._client = boto3.Session(botocore_session=session).client(
                    "s3",
                    region_name=REGION,
                    endpoint_url=self._connection.endpoints.storage,
                    aws_access_key_id=self._access_key_id(),
                    aws_secret_access_key=self._secret.get_secret_value(),
                    verify=os.environ.get("SSL_CERT_FILE"),
                    config=Config(
                        signature_version="s3v4",
                        s3={"addressing_style": "path"},
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                        retries={"total_max_attempts": 1},
                        # An empty mapping is no proxy, None is that of the environment; documents go straight anyway.
                        proxies=None if self._connection.assumptions.connection.through_proxy else {},
                    ),
                )
            return self._client
