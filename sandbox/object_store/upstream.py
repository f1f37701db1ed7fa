"""Streaming HTTP/1.1 to the S3 server over its Unix socket: bytes pass unchanged, memory stays constant.

A general HTTP client costs more than a millisecond a request and rewrites headers; a signature allows neither.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

BUFFER_BYTES = 256 * 1024
HEAD_LIMIT_BYTES = 2**20
_BODILESS = (204, 304)


@dataclass
class Connection:
    """One connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def alive(self) -> bool:
        """Whether the server has left it open."""
        return not self.reader.at_eof() and not self.writer.is_closing()


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer; names in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]

    def get(self, name: bytes) -> bytes:
        """Return a header, empty when it is missing."""
        return next((value for key, value in self.headers if key == name), b"")


class Upstream:
    """The server behind a Unix socket, with its idle connections."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path
        self._idle: list[Connection] = []

    async def connect(self) -> Connection:
        """Return an idle connection that is still open, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.alive:
                return connection
            connection.writer.close()
        return Connection(*await asyncio.open_unix_connection(self._socket_path, limit=HEAD_LIMIT_BYTES))

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose request and answer are both complete."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().writer.close()


async def send_head(connection: Connection, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Send the request line and headers as they came."""
    lines = [method.encode() + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    connection.writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
    await connection.writer.drain()


async def read_head(connection: Connection) -> Head:
    """Read status and headers; interim answers (100 Continue) are skipped."""
    while True:
        raw = await connection.reader.readuntil(b"\r\n\r\n")
        status_line, *lines = raw[:-4].split(b"\r\n")
        status = int(status_line.split(b" ", 2)[1])
        if status >= 200:  # noqa: PLR2004  1xx is interim
            pairs = (line.partition(b":") for line in lines)
            return Head(status, [(name.lower(), value.strip()) for name, _, value in pairs])


async def read_body(connection: Connection, method: str, head: Head) -> AsyncIterator[bytes]:
    """Yield the body piece by piece."""
    reader = connection.reader
    if method == "HEAD" or head.status in _BODILESS:
        return
    if head.get(b"transfer-encoding").lower() == b"chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            async for piece in _read_exactly(reader, size):
                yield piece
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            pass
    elif length := head.get(b"content-length"):
        async for piece in _read_exactly(reader, int(length)):
            yield piece
    else:
        while piece := await reader.read(BUFFER_BYTES):
            yield piece


async def _read_exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    while size:
        piece = await reader.read(min(size, BUFFER_BYTES))
        if not piece:
            raise asyncio.IncompleteReadError(b"", size)
        size -= len(piece)
        yield piece
