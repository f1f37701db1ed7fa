"""Requests to the store: signed and retried; objects sent are checked against what the store says it holds."""

import base64
import hashlib
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from upath import UPath

from clouds.cloudru.storage.content import multipart_etag, part_bytes, read
from clouds.cloudru.storage.failure import ACL_REFUSED, refused, unanswered, xml_text
from clouds.cloudru.storage.links import Answer, Links
from clouds.cloudru.storage.signing import Signer, encoded
from clouds.cloudru.wire.storage import CANNED_ACL, STORAGE_CLASS
from clouds.errors import CloudError, WrongAnswerError
from clouds.redaction import Redaction
from clouds.transport import ATTEMPTS, FIRST_BACKOFF_S, LONGEST_BACKOFF_S, REPEATED_STATUSES

OK = 200
INTERNAL_ERROR = 500
REPEATED_CODES = frozenset({"BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown"})
"""A body that was damaged or lost on the way, whatever status says so."""
PARTS_AT_ONCE = 8
"""Eight parts of 8 MiB: 64 MiB of memory. On an idle machine four are as fast, on a busy one they are not."""


class Transfer:
    """Puts objects into one store, reads its listings, and deletes. Safe under threads.

    A GET, a PUT of an object or a part, and a deletion is the same when repeated, so it is sent up to 4 times: after a
    connection error or timeout, 429, 5xx, and after a body that arrived damaged; with the transport's jittered backoff
    between.
    """

    def __init__(
        self,
        links: Links,
        signer: Signer,
        *,
        send_acl: bool,
        etag_is_md5: bool,
        redaction: Redaction,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Send the canned ACL until the store refuses it, when `send_acl`; check ETags when `etag_is_md5`."""
        self._links = links
        self._signer = signer
        self._send_acl = send_acl
        self._etag_is_md5 = etag_is_md5
        self._redaction = redaction
        self._sleep = sleep

    def get(self, bucket: str, key: str, query: Mapping[str, str]) -> Answer:
        """Return what the store answers; without a key it is the bucket that is asked.

        Raises:
            APIError, ConnectionFailedError: it was not answered.

        """
        return self._send("GET", bucket, key, query, b"", {})

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one that is not there is deleted.

        Raises:
            APIError, ConnectionFailedError: it was not deleted.

        """
        self._send("DELETE", bucket, key, {}, b"", {})

    def delete_many(self, bucket: str, body: bytes) -> Answer:
        """Send a DeleteObjects and return its answer, which may name keys that were not deleted.

        It must carry a digest of its body: MD5, which every S3 server knows.
        """
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        return self._send("POST", bucket, "", {"delete": ""}, body, {"content-md5": _base64(digest)})

    def put(self, bucket: str, key: str, data: bytes) -> str:
        """Put an object in one piece; return the Date of the answer.

        Raises:
            APIError, ConnectionFailedError: it was not stored.
            WrongAnswerError: something else was stored.

        """
        digest = hashlib.md5(data, usedforsecurity=False)
        answer = self._create("PUT", bucket, key, {}, data, {"content-md5": _base64(digest.digest())})
        self._check(f"s3://{bucket}/{key}", _etag(answer), digest.hexdigest())
        return answer.headers.get("date", "")

    def put_in_parts(self, bucket: str, key: str, path: UPath, size_bytes: int) -> str:
        """Put a large object in parts, eight at once; return the Date of the last answer.

        After a failure the parts are removed from the store.

        Raises:
            APIError, ConnectionFailedError: it was not stored.
            WrongAnswerError: a part, or the whole, is not what was sent.
            ConfigurationError: the file cannot be read.

        """
        started = self._create("POST", bucket, key, {"uploads": ""}, b"", {})
        upload = {"uploadId": xml_text(started.body, "UploadId")}
        size = part_bytes(size_bytes)
        offsets = range(0, size_bytes, size)

        def put_part(offset: int) -> bytes:
            data = read(path, offset, min(size, size_bytes - offset))
            digest = hashlib.md5(data, usedforsecurity=False)
            number = offset // size + 1
            query = {"partNumber": str(number), **upload}
            # Where the answer's ETag tells what arrived, Content-MD5 would have the server hash every part twice.
            guard = {} if self._etag_is_md5 else {"content-md5": _base64(digest.digest())}
            answer = self._send("PUT", bucket, key, query, data, guard)
            self._check(f"part {number} of s3://{bucket}/{key}", _etag(answer), digest.hexdigest())
            return digest.digest()

        pool = ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix="part")
        try:
            digests = list(pool.map(put_part, offsets))
            return self._complete(bucket, key, upload, digests)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            with suppress(CloudError):
                self._send("DELETE", bucket, key, upload, b"", {})
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _complete(self, bucket: str, key: str, upload: Mapping[str, str], digests: list[bytes]) -> str:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{digest.hex()}&quot;</ETag></Part>"
            for number, digest in enumerate(digests, start=1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = self._send("POST", bucket, key, upload, body, {})
        name = f"s3://{bucket}/{key}"
        if code := xml_text(answer.body, "Code"):
            # S3 may answer 200 at once and put an error into the body later.
            raise refused(f"completing {name}", INTERNAL_ERROR, code, xml_text(answer.body, "Message"))
        etag = xml_text(answer.body, "ETag").strip('"')
        if "-" in etag:  # else it is not made of the parts, which were checked one by one
            self._check(name, etag, multipart_etag(b"".join(digests)))
        return answer.headers.get("date", "")

    def _check(self, name: str, etag: str, expected: str) -> None:
        if self._etag_is_md5 and etag != expected:
            raise WrongAnswerError(
                f"the store says that {name} has ETag {etag or 'none'}, but what was sent has {expected}. Run again; "
                "if it stays so, the store makes its ETags in another way: set etag_is_md5 to false under assumptions, "
                "storage in the credentials block."
            )

    def _create(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        """Send a request that makes an object: with storage class, and with the canned ACL where it is taken."""
        wanted = {**headers, "x-amz-storage-class": STORAGE_CLASS}
        if self._send_acl:
            answer = self._attempt(method, bucket, key, query, body, {**wanted, "x-amz-acl": CANNED_ACL})
            if answer.status == OK or xml_text(answer.body, "Code") not in ACL_REFUSED:
                return self._judged(method, bucket, key, answer)
            plain = self._send(method, bucket, key, query, body, wanted)
            self._send_acl = False  # only now it is known that the ACL was the cause
            return plain
        return self._send(method, bucket, key, query, body, wanted)

    def _send(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        return self._judged(method, bucket, key, self._attempt(method, bucket, key, query, body, headers))

    def _judged(self, method: str, bucket: str, key: str, answer: Answer) -> Answer:
        if OK <= answer.status < OK + 100:
            return answer
        raise refused(
            _asked(method, bucket, key),
            answer.status,
            xml_text(answer.body, "Code"),
            self._redaction.clean(xml_text(answer.body, "Message")),
            answer.headers.get("x-amz-request-id", ""),
        )

    def _attempt(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        """Send up to 4 times and return the last answer, good or bad."""
        path = f"/{encoded(bucket)}/{encoded(key, safe='/')}" if key else f"/{encoded(bucket)}"
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                answer = self._links.exchange(self._signer.head(method, path, query, headers, len(body)), body)
            except OSError as error:
                if last:
                    raise unanswered(_asked(method, bucket, key), error) from error
            else:
                if last or not _worth_repeating(answer):
                    return answer
            self._sleep(random.uniform(0, min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (attempt - 1))))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def close(self) -> None:
        """Close the connections."""
        self._links.close()


def _worth_repeating(answer: Answer) -> bool:
    if answer.status < OK + 100:
        return False
    if answer.status in REPEATED_STATUSES or answer.status == INTERNAL_ERROR:
        return True
    return xml_text(answer.body, "Code") in REPEATED_CODES


def _etag(answer: Answer) -> str:
    return answer.headers.get("etag", "").strip('"')


def _asked(method: str, bucket: str, key: str) -> str:
    return f"{method} s3://{bucket}/{key}"


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
