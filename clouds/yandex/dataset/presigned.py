"""Sends a file to presigned URLs: streamed, with the exact length the service was told, each answer looked at.

The URL is the permission: no token goes along, and no message shows its query. Source: docs/yandex-api.md, Upload.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus

import httpx
from upath import UPath

from clouds.errors import (
    CloudError,
    ConfigurationError,
    ConnectionFailedError,
    UnavailableError,
    WrongAnswerError,
    api_error,
)
from clouds.redaction import cause_of
from clouds.retry import PASSING_STATUSES, RepeatableError, Retries
from clouds.whole_answer import UnboundedAnswerError, read_whole
from clouds.yandex.wire.endpoints import is_loopback

ATTEMPTS = 5
LONGEST_PAUSE_S = 20.0
REPEATED_STATUSES = PASSING_STATUSES | {408, 500}
SLOW_CLIENT = "RequestTimeout"
"""S3 answers 400 with this code when the bytes came too slowly. Source: Amazon S3 API Reference, Error responses."""
CHUNK_BYTES = 1024**2
XML_FIELD = r"<{0}>([^<]{{1,200}})</{0}>"


class Content:
    """The bytes of a file as they are sent, held against the size and hash that the file had when it was prepared."""

    def __init__(self, path: UPath, *, sha256: str, size_bytes: int) -> None:
        """Read `path` later, as often as needed."""
        self.path = path
        self.size_bytes = size_bytes
        self._sha256 = sha256
        self._arrived = hashlib.sha256()
        self._sending = self._arrived

    def check_size(self) -> None:
        """Look whether the file is there and as long as it was.

        Raises:
            ConfigurationError: it is not.

        """
        try:
            found_bytes = self.path.stat().st_size
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be read ({error}); prepare the data again") from error
        if found_bytes != self.size_bytes:
            raise ConfigurationError(
                f"{self.path} has {found_bytes} bytes and had {self.size_bytes} when it was prepared; run again"
            )

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `offset` on, all that came before having arrived.

        Raises:
            ConfigurationError: the file has become shorter.

        """
        self._sending = self._arrived.copy()
        left = length
        with self.path.open("rb") as file:
            file.seek(offset)
            while left:
                chunk = file.read(min(CHUNK_BYTES, left))
                if not chunk:
                    raise self._changed()
                self._sending.update(chunk)
                left -= len(chunk)
                yield chunk

    def arrived(self) -> None:
        """Take what was read last for received."""
        self._arrived = self._sending

    def check(self) -> None:
        """Hold what was received against the hash.

        Raises:
            ConfigurationError: the file is not the one that was prepared.

        """
        if self._arrived.hexdigest() != self._sha256:
            raise self._changed()

    def _changed(self) -> ConfigurationError:
        return ConfigurationError(f"{self.path} changed while it was sent; leave it alone and run again")


class PresignedUrls:
    """PUTs slices of a file to presigned URLs."""

    def __init__(self, http: httpx.Client, sleep: Callable[[float], None]) -> None:
        """Send through `http`, which must not authenticate."""
        self._http = http
        self._sleep = sleep

    def put(self, url: str, content: Content, offset: int, length: int, *, subject: str) -> str:
        """Send one slice, up to 5 times, and return its ETag.

        To put the same bytes to the same URL twice does no harm: after 408, 429, 5xx or a broken connection it is sent
        again from its first byte, with a random pause between 0 and 1, 2, 4, 8 s.

        Raises:
            APIError: the store refused it; PermissionDeniedError when the URL has expired.
            ConnectionFailedError: no answer came.
            WrongAnswerError: the URL is no place to send data to, or the answer has no ETag.

        """
        check_place(url, subject)

        def send() -> str:
            try:
                return self._once(url, content, offset, length, subject)
            except CloudError as error:
                if _passes(error):
                    raise RepeatableError(error) from error.__cause__
                raise

        return Retries(ATTEMPTS, longest_pause_s=LONGEST_PAUSE_S, sleep=self._sleep).of(send)

    def _once(self, url: str, content: Content, offset: int, length: int, subject: str) -> str:
        try:
            with self._http.stream(
                "PUT", url, content=content.read(offset, length), headers={"Content-Length": str(length)}
            ) as streamed:
                response = read_whole(streamed)
        except (httpx.RequestError, UnboundedAnswerError) as error:
            what = str(error) or type(error).__name__
            raise ConnectionFailedError(f"{subject}: {_place(url)} gave no answer ({what}). Run again.") from cause_of(
                error
            )
        if not response.is_success:
            raise _refused(response, subject)
        if response.content.lstrip().startswith(b"<html") or response.content.lstrip().startswith(b"<!"):
            raise ConnectionFailedError(f"{subject}: {_place(url)} answered with a page of HTML. Run again.")
        content.arrived()
        etag = response.headers.get("etag", "")
        if not etag:
            raise WrongAnswerError(f"{subject}: {_place(url)} answered {response.status_code} without an ETag")
        return etag


def check_place(url: str, subject: str) -> httpx.URL:
    """Return a presigned address as it came.

    Raises:
        WrongAnswerError: it is no address, or one of another machine that is not encrypted; the message leaves out its
            query, which is signed.

    """
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        raise WrongAnswerError(
            f"{subject}: the service gave an address that is none. Check the endpoints in the connection block."
        ) from None
    if place.scheme != "https" and not (place.scheme == "http" and is_loopback(place.host)):
        raise WrongAnswerError(
            f"{subject}: the service gave an address at {place.host or 'no host'} that is not encrypted. Nothing was "
            "sent; check the endpoints in the connection block."
        )
    return place


def _passes(error: CloudError) -> bool:
    if isinstance(error, ConnectionFailedError | UnavailableError):
        return True
    return getattr(error, "status", 0) in REPEATED_STATUSES or getattr(error, "code", "") == SLOW_CLIENT


def _refused(response: httpx.Response, subject: str) -> CloudError:
    """Read S3's XML; only code and message are told, the rest repeats the signature."""
    code, message = _field(response.text, "Code"), _field(response.text, "Message")
    advice = ""
    if response.status_code == HTTPStatus.FORBIDDEN:
        advice = " The URL may have expired, it lives a day: run again, a new one is then asked for."
    return api_error(
        f"{subject}: {_place(str(response.request.url))} answered {response.status_code}{f' {code}' if code else ''}: "
        f"{message or 'no message'}.{advice} (request id {response.headers.get('x-amz-request-id', 'not known')})",
        response.status_code,
        code,
        response.headers.get("x-amz-request-id", ""),
    )


def _field(xml: str, name: str) -> str:
    found = re.search(XML_FIELD.format(name), xml)
    return found[1].strip() if found else ""


def _place(url: str) -> str:
    return str(httpx.URL(url).copy_with(query=None, userinfo=b""))
