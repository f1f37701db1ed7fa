"""Reading documents, and the fingerprint that S3 keeps of them: the ETag.

The ETag of an object that was put in one piece is its MD5; of one put in N parts the MD5 of the parts' MD5s and `-N`.
`rclone serve s3` lists the plain MD5 for both.
"""

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO, cast

from upath import UPath

from clouds.errors import ConfigurationError

PART_BYTES = 8 << 20
"""Objects up to this size are put in one piece; boto3 and the AWS CLI cut in the same places, so ETags compare."""
MOST_PARTS = 10_000
OTHER_PART_BYTES = tuple(mib << 20 for mib in (5, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 512, 1024))
"""Part sizes of programs that may have put an object before us: rclone cuts at 5 MiB, s5cmd at 50 MiB, ...
Sources: rclone.org/s3, `--s3-chunk-size`; peak/s5cmd README, `--part-size`; both read 2026-11-21."""
PIECE_BYTES = 1 << 20


def part_bytes(size_bytes: int) -> int:
    """Return the size of a part: 8 MiB, doubled until 10 000 parts are enough."""
    size = PART_BYTES
    while size * MOST_PARTS < size_bytes:
        size *= 2
    return size


def open_document(path: UPath) -> BinaryIO:
    """Open for reading without a buffer of our own; a file of this machine is opened without fsspec's detour."""
    if isinstance(path, os.PathLike):
        return cast("BinaryIO", open(path, "rb", buffering=0))  # noqa: PTH123  # the caller closes it
    return path.open("rb")


def size_of(path: UPath) -> int:
    """Return the size in bytes; ConfigurationError when the file cannot be read."""
    try:
        return os.stat(path).st_size if isinstance(path, os.PathLike) else path.stat().st_size  # noqa: PTH116  # faster
    except OSError as error:
        raise unreadable(path, error) from error


def read(path: UPath, offset: int, size_bytes: int) -> bytes:
    """Return exactly `size_bytes` from `offset`.

    Raises:
        ConfigurationError: the file cannot be read, or it has become shorter.

    """
    return b"".join(_pieces(path, offset, size_bytes, size_bytes))


def same_content(path: UPath, size_bytes: int, etag: str) -> bool:
    """Say whether the ETag is that of this file; the file is read in pieces.

    How an object was cut does not stand in its ETag, only into how many parts: the sizes that make so many are tried.
    An object that was cut in another way counts as different.
    """
    if "-" not in etag:
        return _digest(path, 0, size_bytes).hex() == etag
    sizes = (part_bytes(size_bytes), *OTHER_PART_BYTES)
    fitting = [size for size in sizes if etag.endswith(f"-{_part_count(size_bytes, size)}")]
    if etag.endswith("-1"):
        fitting = fitting[:1]  # one part is the whole file, whatever its size
    return any(multipart_etag(_part_digests(path, size_bytes, size)) == etag for size in fitting)


def sha256_of(path: UPath, size_bytes: int) -> str:
    """Return the SHA-256 of this file in hexadecimal; it is read in pieces."""
    digest = hashlib.sha256()
    for piece in _pieces(path, 0, size_bytes, PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def multipart_etag(digests: bytes) -> str:
    """Return the ETag of an object put in parts; `digests` are the parts' MD5s, 16 bytes each, joined."""
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(digests) // 16}"


def unreadable(path: UPath, error: OSError) -> ConfigurationError:
    """Return the error of a file that cannot be read."""
    return ConfigurationError(f"{path} cannot be read: {error.strerror or error}")


def _part_count(size_bytes: int, part: int) -> int:
    return -(-size_bytes // part) or 1


def _part_digests(path: UPath, size_bytes: int, part: int) -> bytes:
    return b"".join(_digest(path, offset, min(part, size_bytes - offset)) for offset in range(0, size_bytes or 1, part))


def _digest(path: UPath, offset: int, size_bytes: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in _pieces(path, offset, size_bytes, PIECE_BYTES):
        digest.update(piece)
    return digest.digest()


def _pieces(path: UPath, offset: int, size_bytes: int, piece_bytes: int) -> Iterator[bytes]:
    missing = size_bytes
    try:
        with open_document(path) as file:
            if offset:
                file.seek(offset)
            while missing and (piece := file.read(min(piece_bytes, missing))):
                missing -= len(piece)
                yield piece
    except OSError as error:
        raise unreadable(path, error) from error
    if missing:
        raise ConfigurationError(f"{path} became shorter while it was read: {missing} bytes are missing; run again")
