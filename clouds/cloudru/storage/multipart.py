"""Large objects, put in parts. An upload that was begun is completed or aborted, also one that an earlier run began.

Beginning and completing are not the same when repeated. A repeated beginning leaves an upload nobody knows of: it is
found in the store's list. A repeated completion is told that there is no such upload: the object is looked at.
Source: AWS, API reference of CreateMultipartUpload, CompleteMultipartUpload and ListMultipartUploads, read 2026-11-21.
"""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from upath import UPath

from clouds.cloudru.storage.content import multipart_etag, part_bytes, read, sha256_of
from clouds.cloudru.storage.errors import UNKNOWN_CALL, read_xml, refused, xml_text
from clouds.cloudru.storage.shapes import StoredObject
from clouds.cloudru.storage.transfer import INTERNAL_ERROR, SHA256, Request, Transfer, content_md5, etag_of, modified_at
from clouds.errors import APIError, CloudError, NotFoundError, WrongAnswerError
from clouds.pages import by_token

PARTS_AT_ONCE = 8
"""Eight parts of 8 MiB: 64 MiB of memory. On an idle machine four are as fast, on a busy one they are not."""
NO_UPLOAD = "NoSuchUpload"
UPLOAD = re.compile(rb"<Upload>(.*?)</Upload>", re.DOTALL)


def put_in_parts(transfer: Transfer, bucket: str, key: str, path: UPath, size_bytes: int) -> str:
    """Put a large object in parts, eight at once; return the Date of the last answer.

    After a failure the parts are removed from the store; those of a run that was killed, when the key is put again.

    Raises:
        APIError, ConnectionFailedError: it was not stored.
        WrongAnswerError: a part, or the whole, is not what was sent.
        ConfigurationError: the file cannot be read.

    """
    upload_id = _begin(transfer, bucket, key, path, size_bytes)
    size = part_bytes(size_bytes)

    def put_part(offset: int) -> bytes:
        data = read(path, offset, min(size, size_bytes - offset))
        digest = hashlib.md5(data, usedforsecurity=False)
        number = offset // size + 1
        query = {"partNumber": str(number), "uploadId": upload_id}
        # Where the answer's ETag tells what arrived, Content-MD5 would have the server hash every part twice.
        guard = {} if transfer.etag_is_md5 else content_md5(digest.digest())
        answer = transfer.send(Request("PUT", bucket, key, query, data, guard))
        transfer.check(f"part {number} of s3://{bucket}/{key}", etag_of(answer), digest.hexdigest())
        return digest.digest()

    pool = ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix="part")
    try:
        digests = list(pool.map(put_part, range(0, size_bytes, size)))
        try:
            return _complete(transfer, bucket, key, upload_id, digests)
        except APIError as error:
            date = _stored_at(transfer, bucket, key, path, size_bytes) if error.code == NO_UPLOAD else None
            if date is None:
                raise
            return date
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        with suppress(CloudError):
            _abort(transfer, bucket, key, upload_id)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def abort_unfinished(transfer: Transfer, bucket: str, prefix: str) -> None:
    """Abort every upload whose key begins with the prefix, so that nobody pays for its parts.

    Raises:
        NotFoundError: there is no such bucket.
        APIError, ConnectionFailedError: some may be left.

    """
    for key, upload_id in _unfinished(transfer, bucket, prefix):
        _abort(transfer, bucket, key, upload_id)


def _begin(transfer: Transfer, bucket: str, key: str, path: UPath, size_bytes: int) -> str:
    """Begin an upload and abort the others of this key: of a killed run, or of a reply that was lost just now."""
    headers = {} if transfer.etag_is_md5 else {SHA256: sha256_of(path, size_bytes)}
    begun = ""
    try:
        answer = transfer.create(Request("POST", bucket, key, {"uploads": ""}, b"", headers))
        read_xml(f"beginning to put s3://{bucket}/{key}", answer.body, "InitiateMultipartUploadResult")
        begun = xml_text(answer.body, "UploadId")
    finally:
        with suppress(CloudError):  # a store that does not let them be listed can still be put into
            for other_key, upload_id in _unfinished(transfer, bucket, key):
                if other_key == key and upload_id != begun:
                    _abort(transfer, bucket, key, upload_id)
    return begun


def _complete(transfer: Transfer, bucket: str, key: str, upload_id: str, digests: list[bytes]) -> str:
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{digest.hex()}&quot;</ETag></Part>"
        for number, digest in enumerate(digests, start=1)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    answer = transfer.send(Request("POST", bucket, key, {"uploadId": upload_id}, body))
    name = f"s3://{bucket}/{key}"
    if code := xml_text(answer.body, "Code"):
        # S3 may answer 200 at once and put an error into the body later.
        raise refused(f"completing {name}", INTERNAL_ERROR, code, xml_text(answer.body, "Message"))
    read_xml(f"completing {name}", answer.body, "CompleteMultipartUploadResult")
    etag = xml_text(answer.body, "ETag").strip('"')
    if "-" in etag:  # else it is not made of the parts, which were checked one by one
        transfer.check(name, etag, multipart_etag(b"".join(digests)))
    return answer.headers.get("date", "")


def _stored_at(transfer: Transfer, bucket: str, key: str, path: UPath, size_bytes: int) -> str | None:
    """Return the store's Date when the object holds the file: an upload whose reply was lost had been completed."""
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


def _unfinished(transfer: Transfer, bucket: str, prefix: str) -> list[tuple[str, str]]:
    """Return key and upload id of what is begun under the prefix; nothing where the store does not know the call."""
    query, asked = {"uploads": "", "prefix": prefix}, f"listing the unfinished uploads of s3://{bucket}"
    markers: dict[str, dict[str, str]] = {"": {}}

    def ask(token: str) -> bytes:
        try:
            body = transfer.get(bucket, "", query | markers[token]).body
        except APIError as error:
            if error.code == NO_UPLOAD or error.status in UNKNOWN_CALL:  # `rclone serve s3` answers so for none
                return b""
            raise
        read_xml(asked, body, "ListMultipartUploadsResult")
        return body

    def next_token(body: bytes) -> str:
        if xml_text(body, "IsTruncated") != "true":
            return ""
        key, upload_id = xml_text(body, "NextKeyMarker"), xml_text(body, "NextUploadIdMarker")
        if not key:
            raise WrongAnswerError(f"{asked}: the list is not whole, and does not say where it continues. Run again.")
        token = f"{key}\n{upload_id}"
        markers[token] = {"key-marker": key, "upload-id-marker": upload_id}
        return token

    entries = (entry for body in by_token(ask, next_token, subject=asked) for entry in UPLOAD.findall(body))
    listed = [(xml_text(entry, "Key"), xml_text(entry, "UploadId")) for entry in entries]
    # What lies elsewhere is not ours; a DELETE without an id would mean the object.
    return [(key, upload_id) for key, upload_id in listed if key.startswith(prefix) and upload_id]


def _abort(transfer: Transfer, bucket: str, key: str, upload_id: str) -> None:
    with suppress(NotFoundError):  # it has ended meanwhile
        transfer.send(Request("DELETE", bucket, key, {"uploadId": upload_id}))
