"""Large objects: boto3 cuts them into parts and sends these at once. What an earlier run began is aborted.

Beginning and completing are not the same when repeated. A repeated beginning leaves an upload whose id is lost: it is
found in the store's list. A repeated completion is answered that there is no such upload: the object is looked at.
Source: AWS, API reference of CreateMultipartUpload, CompleteMultipartUpload and ListMultipartUploads, read 2026-11-21.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from upath import UPath

from clouds.cloudru.storage.content import PART_BYTES, read, sha256_of
from clouds.cloudru.storage.errors import UNKNOWN_CALL
from clouds.cloudru.storage.shapes import StoredObject
from clouds.cloudru.storage.transfer import SHA256, Request, etag_of, modified_at
from clouds.errors import APIError, CloudError, NotFoundError, WrongAnswerError
from clouds.pages import by_token

if TYPE_CHECKING:  # boto3 is imported with the first call
    from clouds.cloudru.storage.boto3_calls import Boto3Calls

PARTS_AT_ONCE = 3
"""Three parts of 8 MiB are sent and one is read: 32 MiB of memory, and about 24 for boto3."""
NO_UPLOAD = "NoSuchUpload"


class Source:
    """A document as boto3 reads it: once, from its beginning to the end that it had when its size was taken."""

    def __init__(self, path: UPath, size_bytes: int) -> None:
        """Begin at the beginning."""
        self._path = path
        self._size_bytes = size_bytes
        self._position = 0

    def read(self, amount: int) -> bytes:
        """Return `amount` bytes, fewer only at the end; raises as `content.read`."""
        begin = self._position
        self._position = min(begin + amount, self._size_bytes)
        return read(self._path, begin, self._position - begin)

    def seekable(self) -> bool:
        """Say yes: so boto3 finds out the size."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place counted from the beginning or the end."""
        self._position = offset + (self._size_bytes if whence == os.SEEK_END else 0)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position


def put_large(calls: "Boto3Calls", bucket: str, key: str, path: UPath, size_bytes: int) -> str:
    """Put a large object in parts; return the Date of the last answer.

    After a failure the parts are removed from the store; those of a run that was killed, when the key is put again.

    Raises:
        APIError, ConnectionFailedError: it was not stored.
        WrongAnswerError: a part, or the whole, is not what was sent.
        ConfigurationError: the file cannot be read.

    """
    metadata = {} if calls.sender().etag_is_md5 else {SHA256: sha256_of(path, size_bytes)}
    try:
        return calls.upload(
            Source(path, size_bytes), bucket, key, metadata, part_bytes=PART_BYTES, parts_at_once=PARTS_AT_ONCE
        )
    except APIError as error:
        date = _stored_at(calls, bucket, key, path, size_bytes) if error.code == NO_UPLOAD else None
        if date is None:
            raise
        return date
    finally:
        with suppress(CloudError):  # a store that does not let them be listed can still be put into
            for other_key, upload_id in _unfinished(calls, bucket, key):
                if other_key == key:
                    _abort(calls, bucket, key, upload_id)


def abort_unfinished(calls: "Boto3Calls", bucket: str, prefix: str) -> None:
    """Abort every upload whose key begins with the prefix, so that its parts cost nothing.

    Raises:
        NotFoundError: there is no such bucket.
        APIError, ConnectionFailedError: some may be left.

    """
    for key, upload_id in _unfinished(calls, bucket, prefix):
        _abort(calls, bucket, key, upload_id)


def _stored_at(calls: "Boto3Calls", bucket: str, key: str, path: UPath, size_bytes: int) -> str | None:
    """Return the store's Date when the object holds the file: an upload whose reply was lost had been completed."""
    transfer = calls.sender()
    try:
        answer = transfer.send(Request("HEAD", bucket, key))
    except NotFoundError:
        return None
    head = answer.headers
    length = head.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return None  # not the answer of a store: the object is put anew
    stored = StoredObject(key, int(length), etag_of(answer), modified_at(f"HEAD s3://{bucket}/{key}", answer))
    return head.get("date", "") if transfer.holds(bucket, stored, path, size_bytes) else None


def _unfinished(calls: "Boto3Calls", bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield key and upload id of what is begun under the prefix; nothing where the store does not know the call."""
    asked = f"listing the unfinished uploads of s3://{bucket}"
    markers: dict[str, dict[str, str]] = {"": {}}

    def ask(token: str) -> dict[str, Any]:
        try:
            return calls.call("list_multipart_uploads", Bucket=bucket, Prefix=prefix, **markers[token])
        except APIError as error:
            if error.code == NO_UPLOAD or error.status in UNKNOWN_CALL:  # `rclone serve s3` answers so for none
                return {}
            raise

    def next_token(page: dict[str, Any]) -> str:
        if not page.get("IsTruncated"):
            return ""
        key, upload_id = page.get("NextKeyMarker", ""), page.get("NextUploadIdMarker", "")
        if not key:
            raise WrongAnswerError(f"{asked}: the list is not whole, and does not say where it continues. Run again.")
        token = f"{key}\n{upload_id}"
        markers[token] = {"KeyMarker": key, "UploadIdMarker": upload_id}
        return token

    for page in by_token(ask, next_token, subject=asked):
        for entry in page.get("Uploads", ()):
            key, upload_id = entry.get("Key", ""), entry.get("UploadId", "")
            # What lies elsewhere is another's; a DELETE without an id would mean the object.
            if key.startswith(prefix) and upload_id:
                yield key, upload_id


def _abort(calls: "Boto3Calls", bucket: str, key: str, upload_id: str) -> None:
    with suppress(NotFoundError):  # it has ended meanwhile
        calls.call("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload_id)
