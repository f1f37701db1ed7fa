"""Deletion of objects, many at once. What is not there is deleted."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from xml.sax.saxutils import escape

from clouds.cloudru.storage.errors import UNKNOWN_CALL, read_xml, refused, xml_text
from clouds.cloudru.storage.transfer import Transfer
from clouds.errors import APIError, NotFoundError

KEYS_AT_ONCE = 1000
"""S3's limit for one DeleteObjects. Source: AWS's API reference of DeleteObjects, read 2026-11-21."""
THREADS = 16
NAMED = 10
REFUSED_KEY = re.compile(rb"<Error>.*?</Error>", re.DOTALL)
PASSING_CODES = frozenset({"InternalError", "ServiceUnavailable", "SlowDown"})


def delete_objects(transfer: Transfer, bucket: str, keys: Sequence[str]) -> None:
    """Delete these keys, 1000 a request; a folder marker, whose key ends in `/`, by a request of its own.

    Raises:
        APIError: some are not deleted; names them. Run again: it continues with what is left.

    """
    objects = [key for key in keys if not key.endswith("/")]
    singly = [key for key in keys if key.endswith("/")]
    try:
        for first in range(0, len(objects), KEYS_AT_ONCE):
            batch = objects[first : first + KEYS_AT_ONCE]
            if not _delete_batch(transfer, bucket, batch):
                singly += objects[first:]
                break
        with ThreadPoolExecutor(THREADS, thread_name_prefix="delete") as pool:
            for _ in pool.map(lambda key: transfer.delete(bucket, key), singly):
                pass
    except NotFoundError:
        return  # S3 calls a missing key deleted: it is the bucket that is not there


def _delete_batch(transfer: Transfer, bucket: str, keys: Sequence[str]) -> bool:
    """Return False when the store does not know DeleteObjects."""
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    try:
        answer = transfer.delete_many(bucket, f"<Delete>{objects}<Quiet>true</Quiet></Delete>".encode())
    except APIError as error:
        if error.status in UNKNOWN_CALL:
            return False
        raise
    read_xml(f"deleting {len(keys)} objects of s3://{bucket}", answer.body, "DeleteResult")
    left = [entry for entry in REFUSED_KEY.findall(answer.body) if xml_text(entry, "Code") != "NoSuchKey"]
    if left:
        code, message = xml_text(left[0], "Code"), xml_text(left[0], "Message")
        named = ", ".join(xml_text(entry, "Key") for entry in left[:NAMED])
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        asked = f"deleting {len(keys)} objects of s3://{bucket}, {len(left)} of them refused ({named}{more}),"
        raise refused(asked, 503 if code in PASSING_CODES else 200, code, message)
    return True
