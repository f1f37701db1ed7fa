"""Calls about buckets, and large objects: boto3 writes the requests and reads the answers, `Transfer` sends them.

boto3's own sender has no bound on the time and size of an answer, and its reader takes any page for an empty list.
`Storage` imports this module with the first call: boto3 takes a tenth of a second.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.loaders import create_loader
from botocore.session import Session

from clouds.cloudru.storage.errors import read_xml
from clouds.cloudru.storage.parts import SENDERS
from clouds.cloudru.storage.transfer import METADATA, Request, Transfer
from clouds.cloudru.wire.storage import REGION
from clouds.errors import ConfigurationError, WrongAnswerError

IGNORED: dict[str, Any] = {"profile": None, "config_file": "", "credentials_file": ""}
"""What the user has configured for AWS has no say here."""
DATA = create_loader()
"""Reads boto3's description of S3 and of its regions, megabytes of JSON, once in a process and not for every client."""
ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectsV2": "ListBucketResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
}
"""The document that proves the answer to an operation."""


class _Body:
    """A body that was read already, in the form in which botocore takes one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


class Boto3Calls:
    """A boto3 client that is made when it is first needed. Safe under threads."""

    def __init__(self, endpoint: str, sender: Callable[[], Transfer]) -> None:
        """Ask for the sender with the first call: its key holds the tenant, which is a question in itself."""
        self._endpoint = endpoint
        self.sender = sender
        self._lock = threading.Lock()
        self._client: Any = None
        self._completed_at: dict[tuple[str, str], str] = {}

    def call(self, operation: str, *arguments: Any, **parameters: Any) -> Any:
        """Return what boto3 returns.

        Raises:
            CloudError: the class that names the cause.

        """
        try:
            return getattr(self._made(), operation)(*arguments, **parameters)
        except ParamValidationError as error:
            raise ConfigurationError(f"{operation} of Object Storage: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise WrongAnswerError(
                f"{operation} of Object Storage brought an answer that cannot be read ({type(error).__name__}). Check "
                "the storage endpoint in the connection block, and what stands between us and the store."
            ) from error

    def upload(
        self, source: Any, bucket: str, key: str, metadata: dict[str, str], *, part_bytes: int, parts_at_once: int
    ) -> str:
        """Put a file in parts, so many at once; return the Date of the last answer. boto3 aborts what fails.

        Raises:
            CloudError: as `call`, and what reading `source` raises.

        """
        config = TransferConfig(
            multipart_threshold=part_bytes, multipart_chunksize=part_bytes, max_concurrency=parts_at_once
        )
        config.max_in_memory_upload_chunks = parts_at_once
        self.call("upload_fileobj", source, bucket, key, ExtraArgs={"Metadata": metadata}, Config=config)
        return self._completed_at.pop((bucket, key), "")

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """Answer in place of botocore's sender, which calls it before each request."""
        operation = event_name.rpartition(".")[2]
        url = urlsplit(str(request.url))
        bucket, _slash, key = unquote(url.path).removeprefix("/").partition("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        about = {name: value for name, value in headers.items() if name.startswith(METADATA)}
        wanted = Request(str(request.method), bucket, key, query, _content(request.body), about)
        answer = SENDERS.get(operation, Transfer.send)(self.sender(), wanted)
        if root := ROOTS.get(operation):
            read_xml(wanted.asked, answer.body, root)
        if operation == "CompleteMultipartUpload":
            self._completed_at[bucket, key] = answer.headers.get("date", "")
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))

    def _made(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self._endpoint)
                self._client.meta.events.register("before-send.s3", self._send)
            return self._client


def _client(endpoint: str) -> Any:
    nothing = {name: (None, None, default, None) for name, default in IGNORED.items()}
    session = Session(session_vars=nothing)
    session.register_component("data_loader", DATA)
    return boto3.Session(botocore_session=session).client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        config=Config(
            signature_version=UNSIGNED,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",  # MD5 is compared
            response_checksum_validation="when_required",
        ),
    )


def _content(body: Any) -> bytes:
    """Return a request's body, which may be a file."""
    if body is None:
        return b""
    return bytes(body) if isinstance(body, bytes | bytearray) else body.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
