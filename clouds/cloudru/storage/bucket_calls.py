"""Calls about buckets: boto3 writes the request and reads the answer, `Transfer` signs, sends and judges it.

boto3's own sender has no bound on the time and size of an answer, and its reader takes any page for an empty list.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ParamValidationError
from botocore.loaders import create_loader
from botocore.session import Session

from clouds.cloudru.storage.errors import read_xml
from clouds.cloudru.storage.transfer import Request, Transfer
from clouds.cloudru.wire.storage import REGION
from clouds.errors import ConfigurationError

IGNORED: dict[str, Any] = {"profile": None, "config_file": "", "credentials_file": ""}
"""What the user has configured for AWS has no say here."""
DATA = create_loader()
"""Reads boto3's description of S3 and of its regions, megabytes of JSON, once in a process and not for every client."""
ROOTS = {"ListBuckets": "ListAllMyBucketsResult", "ListObjectsV2": "ListBucketResult"}
"""The document that proves the answer to an operation."""


class _Body:
    """A body that was read already, in the form in which botocore takes one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


class BucketCalls:
    """A boto3 client that is made when it is first needed. Safe under threads."""

    def __init__(self, endpoint: str, sender: Callable[[], Transfer]) -> None:
        """Ask for the sender with the first call: its key holds the tenant, which is a question in itself."""
        self._endpoint = endpoint
        self._sender = sender
        self._lock = threading.Lock()
        self._client: Any = None

    def call(self, operation: str, **parameters: Any) -> Any:
        """Return what boto3 returns.

        Raises:
            CloudError: the class that names the cause.

        """
        try:
            return getattr(self._made(), operation)(**parameters)
        except ParamValidationError as error:
            raise ConfigurationError(f"{operation} of Object Storage: {error}") from error

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """Answer in place of botocore's sender, which calls it before each request."""
        url = urlsplit(str(request.url))
        bucket, _slash, key = unquote(url.path).removeprefix("/").partition("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        body = request.body if isinstance(request.body, bytes) else b""
        wanted = Request(str(request.method), bucket, key, query, body)
        answer = self._sender().send(wanted)
        if root := ROOTS.get(event_name.rpartition(".")[2]):
            read_xml(wanted.asked, answer.body, root)
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))

    def _made(self) -> Any:
        with self._lock:
            if self._client is None:
                nothing = {name: (None, None, default, None) for name, default in IGNORED.items()}
                session = Session(session_vars=nothing)
                session.register_component("data_loader", DATA)
                self._client = boto3.Session(botocore_session=session).client(
                    "s3",
                    region_name=REGION,
                    endpoint_url=self._endpoint,
                    config=Config(
                        signature_version=UNSIGNED, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}
                    ),
                )
                self._client.meta.events.register("before-send.s3", self._send)
            return self._client
