"""The framing `aws-chunked` undone: chunks with their sizes and signatures, then a trailer.

    chunk:   <size in hex>[;chunk-signature=<hex>] CRLF <that many bytes> CRLF
    last:    0[;chunk-signature=<hex>] CRLF
    trailer: [<name>:<value> CRLF ...] CRLF

Source: AWS, "Signature calculations for the authorization header: transferring payload in multiple chunks" and
"... including trailing headers", read 2026-11-30.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Literal

from sandbox.object_store.refusal import S3Error

LONGEST_LINE_BYTES = 8192
LARGEST_CHUNK_DIGITS = 16
TRAILER_SIGNATURE = "x-amz-trailer-signature"
EMPTY_SHA256 = hashlib.sha256().hexdigest()


class ChunkSignatures:
    """The chain of signatures: each one signs a chunk and the signature before it; the request's own is the first."""

    def __init__(self, date: str, scope: str, seed: str, signature_of: Callable[[str], str]) -> None:
        """`signature_of` signs a string to sign with the key of the request; `date` is that of `x-amz-date`."""
        self._date, self._scope, self._previous, self._signature_of = date, scope, seed, signature_of

    def check_chunk(self, sha256: str, given: str) -> None:
        """Raise S3Error 403 unless the chunk is signed rightly."""
        self._check("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_SHA256}\n{sha256}", given)

    def check_trailer(self, trailer: str, given: str) -> None:
        """Raise S3Error 403 unless the trailer, lines `name:value`, is signed rightly."""
        self._check("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(trailer.encode()).hexdigest(), given)

    def _check(self, kind: str, hashed: str, given: str) -> None:
        right = self._signature_of(f"{kind}\n{self._date}\n{self._scope}\n{self._previous}\n{hashed}")
        if not hmac.compare_digest(right.encode(), given.encode()):
            raise S3Error(
                403, "SignatureDoesNotMatch", "a chunk or the trailer is not signed with the secret of this key"
            )
        self._previous = right


class Deframer:
    """Takes a framed body piece by piece and yields its content; holds one line at most, never a chunk."""

    def __init__(self, signatures: ChunkSignatures | None = None) -> None:
        """With `signatures` every chunk, and a trailer, must be signed."""
        self._signatures = signatures
        self._state: Literal["size", "data", "line end", "trailer"] = "size"
        self._line = b""
        self._left = 0
        self._given = ""
        self._sha256 = hashlib.sha256()
        self.trailer: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the content in a piece; raise S3Error when it is not framed so."""
        while piece:
            if self._state == "data":
                content, piece = piece[: self._left], piece[self._left :]
                self._left -= len(content)
                if self._signatures:
                    self._sha256.update(content)
                yield content
                if not self._left:
                    self._end_chunk("line end")
                continue
            line, found, piece = piece.partition(b"\n")
            self._line += line
            if len(self._line) > LONGEST_LINE_BYTES:
                raise malformed("a line without an end")
            if found:
                whole, self._line = self._line.removesuffix(b"\r").decode("latin-1"), b""
                self._take_line(whole)

    def end(self) -> None:
        """Raise S3Error unless the last chunk has come, and a signed trailer with its signature."""
        if self._line:
            self._take_line(self._line.decode("latin-1"))
        if self._state != "trailer":
            raise S3Error(400, "IncompleteBody", "the body ended before its last chunk")
        given = self.trailer.pop(TRAILER_SIGNATURE, "")
        if self._signatures and self.trailer:
            text = "".join(f"{name}:{value}\n" for name, value in sorted(self.trailer.items()))
            self._signatures.check_trailer(text, given)

    def _take_line(self, line: str) -> None:
        if self._state == "size":
            self._begin_chunk(line)
        elif self._state == "line end":
            if line:
                raise malformed("a chunk that is longer than it says")
            self._state = "size"
        elif line.strip():  # an empty line ends the trailer, and in some clients each of its lines
            name, colon, value = line.partition(":")
            if not colon:
                raise S3Error(400, "MalformedTrailerError", "a line of the trailer is not `name:value`")
            self.trailer[name.strip().lower()] = value.strip()

    def _begin_chunk(self, line: str) -> None:
        size, *extensions = line.split(";")
        if not size or len(size) > LARGEST_CHUNK_DIGITS or set(size) - set("0123456789abcdefABCDEF"):
            raise malformed("a chunk without its size")
        pairs = (extension.strip().partition("=") for extension in extensions)
        self._given = next((value for name, _, value in pairs if name == "chunk-signature"), "")
        self._left, self._sha256 = int(size, 16), hashlib.sha256()
        if self._left:
            self._state = "data"
        else:
            self._end_chunk("trailer")

    def _end_chunk(self, then: Literal["line end", "trailer"]) -> None:
        if self._signatures:
            self._signatures.check_chunk(self._sha256.hexdigest(), self._given)
        self._state = then


def malformed(what: str) -> S3Error:
    """Return the refusal of a body that is not framed as announced."""
    return S3Error(400, "InvalidRequest", f"the body is not framed as aws-chunked: {what}")
