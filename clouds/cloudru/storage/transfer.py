"""Requests to the store: signed and retried; objects sent are checked against what the store says it holds."""

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from upath import UPath

from clouds.cloudru.storage.connection_pool import Answer, ConnectionPool
from clouds.cloudru.storage.content import same_content, sha256_of
from clouds.cloudru.storage.errors import ACL_REFUSED, content_of, refused, unanswered, xml_text
from clouds.cloudru.storage.shapes import StoredObject
from clouds.cloudru.storage.signing import Signer, encoded
from clouds.cloudru.wire.storage import CANNED_ACL, STORAGE_CLASS
from clouds.errors import APIError, AuthenticationError, CloudError, GarbledAnswerError, WrongAnswerError
from clouds.redaction import Redaction, cause_of
from clouds.retry import LONGEST_RETRY_AFTER_S, PASSING_STATUSES, RepeatableError, Retries, asked_to_wait_s

OK = 200
FORBIDDEN = 403
INTERNAL_ERROR = 500
REPEATED_CODES = frozenset({"BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown"})
"""A body that was damaged or lost on the way, whatever status says so."""
SKEW_S = 300.0
"""A clock so far off is named. S3 takes 15 minutes. Source: AWS, RequestTimeTooSkewed, read 2026-11-30."""
METADATA = "x-amz-meta-"
SHA256 = "sha256"
"""User metadata: what the object holds, where its ETag does not tell."""


@dataclass(frozen=True)
class Request:
    """What is asked of the store; without a key it is the bucket that is meant. Header names in lower case."""

    method: str
    bucket: str
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def asked(self) -> str:
        """Return what errors say was asked."""
        return f"{self.method} s3://{self.bucket}/{self.key}" if self.bucket else f"{self.method} of the buckets"

    @property
    def path(self) -> str:
        """Return the path, percent-encoded."""
        return f"/{encoded(self.bucket)}/{encoded(self.key, safe='/')}" if self.key else f"/{encoded(self.bucket)}"

    def having(self, headers: Mapping[str, str]) -> "Request":
        """Return it with these headers too."""
        return replace(self, headers={**self.headers, **headers})


class Transfer:
    """Puts objects into one store, reads its listings, and deletes. Safe under threads.

    A GET, a PUT of an object or a part, and a deletion is the same when repeated, so it is sent up to 3 times: after a
    connection error or timeout, 429, 5xx, and after a body that arrived damaged. It pauses as the transport does, or as
    Retry-After asks. What is not the same when repeated is begun and completed by `large`, which looks what became of
    it.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        signer: Signer,
        *,
        send_acl: bool,
        etag_is_md5: bool,
        redaction: Redaction,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Send the canned ACL until the store refuses it, when `send_acl`; check ETags when `etag_is_md5`."""
        self._pool = pool
        self._signer = signer
        self._send_acl = send_acl
        self.etag_is_md5 = etag_is_md5
        self._redaction = redaction
        self._sleep = sleep

    @property
    def sends_acl(self) -> bool:
        """Whether the canned ACL is sent."""
        return self._send_acl

    def get(self, bucket: str, key: str, query: Mapping[str, str]) -> Answer:
        """Return what the store answers; without a key it is the bucket that is asked.

        Raises:
            APIError, ConnectionFailedError: it was not answered.

        """
        return self.send(Request("GET", bucket, key, query))

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one that is not there is deleted.

        Raises:
            APIError, ConnectionFailedError: it was not deleted.

        """
        self.send(Request("DELETE", bucket, key))

    def delete_many(self, bucket: str, body: bytes) -> Answer:
        """Send a DeleteObjects and return its answer, which may name keys that were not deleted.

        It must carry a digest of its body: MD5, which every S3 server knows.
        """
        digest = hashlib.md5(body, usedforsecurity=False)
        return self.send(Request("POST", bucket, "", {"delete": ""}, body, content_md5(digest.digest())))

    def put(self, bucket: str, key: str, data: bytes) -> str:
        """Put an object in one piece; return the Date of the answer.

        Raises:
            APIError, ConnectionFailedError: it was not stored.
            WrongAnswerError: something else was stored.

        """
        digest = hashlib.md5(data, usedforsecurity=False)
        request = Request("PUT", bucket, key, {}, data, content_md5(digest.digest()))
        if not self.etag_is_md5:
            request = request.having({f"{METADATA}{SHA256}": hashlib.sha256(data).hexdigest()})
        answer = self.create(request)
        self.check(f"s3://{bucket}/{key}", etag_of(answer), digest.hexdigest())
        return answer.headers.get("date", "")

    def holds(self, bucket: str, stored: StoredObject, path: UPath, size_bytes: int) -> bool:
        """Say whether an object holds this file's content: by its ETag or, where that tells nothing, by its metadata.

        An object that somebody else put there has no such metadata and counts as different.

        Raises:
            APIError, ConnectionFailedError: the metadata could not be read.
            ConfigurationError: the file cannot be read.

        """
        if stored.size_bytes != size_bytes:
            return False
        if self.etag_is_md5:
            return same_content(path, size_bytes, stored.etag)
        head = self.send(Request("HEAD", bucket, stored.key))
        return head.headers.get(f"{METADATA}{SHA256}") == sha256_of(path, size_bytes)

    def check(self, name: str, etag: str, expected: str) -> None:
        """Hold an ETag against what was sent, where ETags tell.

        Raises:
            WrongAnswerError: something else was stored.

        """
        if self.etag_is_md5 and etag != expected:
            raise WrongAnswerError(
                f"the store says that {name} has ETag {etag or 'none'}, but what was sent has {expected}. Run again; "
                "if it stays so, the store makes its ETags in another way: set etag_is_md5 to false under assumptions, "
                "storage in the credentials block."
            )

    def create(self, request: Request) -> Answer:
        """Send a request that makes an object: with storage class, and with the canned ACL where it is taken.

        Raises:
            APIError, ConnectionFailedError: as `send`.

        """
        wanted = request.having({"x-amz-storage-class": STORAGE_CLASS})
        if not self._send_acl:
            return self.send(wanted)
        try:
            return self.send(wanted.having({"x-amz-acl": CANNED_ACL}))
        except APIError as error:
            if error.code not in ACL_REFUSED:
                raise
        plain = self.send(wanted)
        self._send_acl = False  # only now it is known that the ACL was the cause
        return plain

    def send(self, request: Request) -> Answer:
        """Send up to 3 times, and return a good answer.

        Raises:
            APIError, ConnectionFailedError: there was none.

        """
        return Retries(sleep=self._sleep).of(lambda: self._once(request))

    def _once(self, request: Request) -> Answer:
        head = self._signer.head(request.method, request.path, request.query, request.headers, len(request.body))
        try:
            answer = self._pool.exchange(head, request.body)
        except OSError as error:
            raise RepeatableError(unanswered(request.asked, error)) from cause_of(error)
        fault = self._fault(request, answer)
        if fault is None:
            return answer
        wait_s = asked_to_wait_s(answer.headers.get("retry-after", ""))
        if _worth_repeating(answer) and (wait_s or 0) <= LONGEST_RETRY_AFTER_S:
            raise RepeatableError(fault, wait_s)
        raise fault

    def _fault(self, request: Request, answer: Answer) -> CloudError | None:
        """Return what is wrong with an answer, None when nothing is."""
        if OK <= answer.status < OK + 100:
            if _is_page(answer):
                return GarbledAnswerError(
                    f"{request.asked} answered {answer.status} with a page of HTML: what stands between us and the "
                    "store may have written it. Check the storage endpoint in the connection block and the network"
                )
            if request.method == "DELETE" and answer.body.strip():
                return WrongAnswerError(
                    f"{request.asked} answered {answer.status} with {content_of(answer.body)}, where nothing is due: "
                    "what stands between us and the store may have written it. Check the storage endpoint in the "
                    "connection block and the network"
                )
            return None
        if answer.status == FORBIDDEN and (off_s := self._clock_off_s(answer)) > SKEW_S:
            return AuthenticationError(
                f"{request.asked} answered {answer.status}, and this machine's clock is {off_s / 60:.0f} minutes off "
                "the store's: a signature holds for a few minutes. Set the clock of this machine.",
                answer.status,
                xml_text(answer.body, "Code"),
            )
        return refused(
            request.asked,
            answer.status,
            xml_text(answer.body, "Code"),
            self._redaction.clean(xml_text(answer.body, "Message")),
            answer.headers.get("x-amz-request-id", ""),
        )

    def _clock_off_s(self, answer: Answer) -> float:
        """Return how many seconds our clock is off that of the store's Date header, whichever way."""
        try:
            store_s = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return abs(self._signer.now() - store_s)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def modified_at(asked: str, answer: Answer) -> datetime:
    """Return when an object was written last, with its time zone: the header Last-Modified (RFC 9110, 8.8.2).

    Raises:
        WrongAnswerError: the answer does not tell.

    """
    try:
        return parsedate_to_datetime(answer.headers.get("last-modified", ""))
    except (ValueError, TypeError, OverflowError):
        raise WrongAnswerError(
            f"{asked} answered {answer.status} without Last-Modified: no answer of a store. Check the storage endpoint "
            "in the connection block"
        ) from None


def etag_of(answer: Answer) -> str:
    """Return the ETag without quotes, empty when there is none."""
    return answer.headers.get("etag", "").strip('"')


def content_md5(digest: bytes) -> dict[str, str]:
    """Return the header with which the server refuses a body that arrived damaged."""
    return {"content-md5": base64.b64encode(digest).decode()}


def _is_page(answer: Answer) -> bool:
    return answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def _worth_repeating(answer: Answer) -> bool:
    if answer.status < OK + 100:
        return _is_page(answer)
    if answer.status in PASSING_STATUSES or answer.status == INTERNAL_ERROR:
        return True
    return xml_text(answer.body, "Code") in REPEATED_CODES
