"""How each request of an upload in parts is sent and judged, whatever cuts the object.

Source: AWS, API reference of CreateMultipartUpload, UploadPart and CompleteMultipartUpload, read 2026-11-21.
"""

import hashlib
import re
from collections.abc import Callable, Mapping

from clouds.cloudru.storage.connection_pool import Answer
from clouds.cloudru.storage.content import multipart_etag
from clouds.cloudru.storage.errors import refused, xml_text
from clouds.cloudru.storage.transfer import INTERNAL_ERROR, Request, Transfer, content_md5, etag_of
from clouds.errors import WrongAnswerError

PART_ETAG = re.compile(rb"<ETag>[^<]*?([0-9a-f]{32})[^<]*</ETag>")


def begin(transfer: Transfer, wanted: Request) -> Answer:
    """Begin an upload, with storage class and ACL.

    Raises:
        WrongAnswerError: the answer has no id.

    """
    answer = transfer.create(wanted)
    if not xml_text(answer.body, "UploadId"):
        raise WrongAnswerError(
            f"beginning to put s3://{wanted.bucket}/{wanted.key} brought no UploadId. Check the storage endpoint in "
            "the connection block, and what stands between us and the store."
        )
    return answer


def put_part(transfer: Transfer, wanted: Request) -> Answer:
    """Put a part, and hold the ETag of the answer against what was sent.

    Raises:
        WrongAnswerError: something else was stored.

    """
    digest = hashlib.md5(wanted.body, usedforsecurity=False)
    # Where the answer's ETag tells what arrived, Content-MD5 would have the server hash every part twice.
    guard = {} if transfer.etag_is_md5 else content_md5(digest.digest())
    answer = transfer.send(wanted.having(guard))
    name = f"part {wanted.query.get('partNumber')} of s3://{wanted.bucket}/{wanted.key}"
    transfer.check(name, etag_of(answer), digest.hexdigest())
    return answer


def complete(transfer: Transfer, wanted: Request) -> Answer:
    """Complete an upload, and hold the ETag of the whole against those of its parts, which are in the request.

    Raises:
        WrongAnswerError: something else was stored.

    """
    answer = transfer.send(wanted)
    name = f"s3://{wanted.bucket}/{wanted.key}"
    if code := xml_text(answer.body, "Code"):
        # S3 may answer 200 at once and put an error into the body later.
        raise refused(f"completing {name}", INTERNAL_ERROR, code, xml_text(answer.body, "Message"))
    etag = xml_text(answer.body, "ETag").strip('"')
    if "-" in etag:  # else it is not made of the parts, which were checked one by one
        digests = b"".join(bytes.fromhex(found.decode()) for found in PART_ETAG.findall(wanted.body))
        transfer.check(name, etag, multipart_etag(digests))
    return answer


SENDERS: Mapping[str, Callable[[Transfer, Request], Answer]] = {
    "CreateMultipartUpload": begin,
    "UploadPart": put_part,
    "CompleteMultipartUpload": complete,
}
"""By the names that boto3 gives its operations."""
