"""The body of an upload, taken in whole before anything is stored: unframed, and held against its checksums."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from sandbox.object_store.checksums import Checked, is_checksum
from sandbox.object_store.framing import ChunkSignatures, Deframer
from sandbox.object_store.refusal import S3Error

STREAMING = "STREAMING-"
"""Begins the payload hash of a framed body."""
SIGNED = f"{STREAMING}AWS4-HMAC-SHA256-PAYLOAD"
IN_MEMORY_BYTES = 1 << 20
PIECE_BYTES = 1 << 18
FRAMING = frozenset(
    {"transfer-encoding", "content-length", "expect", "x-amz-decoded-content-length", "x-amz-trailer"}
)  # fmt: skip


@dataclass
class Body:
    """A body on disk, in memory while it is small."""

    file: IO[bytes]
    size_bytes: int = 0

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield it from its beginning."""
        return _pieces(self.file)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def is_framed(headers: Mapping[str, str]) -> bool:
    """Whether a body comes as aws-chunked; names in lower case."""
    encodings = [each.strip() for each in headers.get("content-encoding", "").split(",")]
    return headers.get("x-amz-content-sha256", "").startswith(STREAMING) or "aws-chunked" in encodings


def has_checksum(headers: Mapping[str, str]) -> bool:
    """Whether a header holds the body's checksum."""
    return any(map(is_checksum, headers))


def unframed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the content itself would have, those of the framing left out."""
    encodings = [each.strip() for each in headers.get("content-encoding", "").split(",")]
    encoding = ",".join(each for each in encodings if each not in ("", "aws-chunked"))
    kept = {name: value for name, value in headers.items() if name not in FRAMING and name != "content-encoding"}
    return kept | ({"content-encoding": encoding} if encoding else {})


async def take_in(
    arriving: AsyncIterator[bytes],
    headers: Mapping[str, str],
    signatures: Callable[[], ChunkSignatures],
    folder: str,
) -> Body:
    """Return a body whose framing, signatures, length and checksums are right; `folder` has room for it.

    Raises:
        S3Error: one of them is not; nothing is left of the body.

    """
    framed = is_framed(headers)
    trailer = {name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip()}
    given = {name: value for name, value in headers.items() if is_checksum(name)}
    checked = Checked({*filter(is_checksum, trailer if framed else ()), *given})
    is_signed = headers.get("x-amz-content-sha256", "").startswith(SIGNED)
    deframer = Deframer(signatures() if is_signed else None) if framed else None
    body = Body(SpooledTemporaryFile(IN_MEMORY_BYTES, dir=folder))  # noqa: SIM115  # its reader closes it
    try:
        async for piece in arriving:
            for content in deframer.feed(piece) if deframer else (piece,):
                checked.take(content)
                body.file.write(content)
                body.size_bytes += len(content)
        if deframer:
            deframer.end()
            given |= deframer.trailer
            _check_length(headers, body.size_bytes)
        checked.compare(given)
    except BaseException:
        body.file.close()
        raise
    return body


def _check_length(headers: Mapping[str, str], size_bytes: int) -> None:
    length = headers.get("x-amz-decoded-content-length", "")
    if not length.isdecimal():
        raise S3Error(411, "MissingContentLength", "x-amz-decoded-content-length must say how long the content is")
    if int(length) != size_bytes:
        raise S3Error(400, "IncompleteBody", f"{size_bytes} bytes came, x-amz-decoded-content-length says {length}")
