"""HTTP/1.1 on kept connections, as little of it as a PUT or a page of a listing needs.

The transfer of many small files costs a client mostly the work around each request; docs/decisions/0003-transfer.md has
the figures. Requests are complete bytes already, answers are small.
"""

import socket
import ssl
import threading
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 120.0
LONGEST_LINE_BYTES = 65_536
LONGEST_ANSWER_BYTES = 8 << 20
"""A page of a listing: 1000 keys of 1024 bytes, percent-encoded, make 3 MB."""
LAST_INFORMATIONAL = 199
BODILESS = frozenset({204, 304})


class BrokenAnswerError(OSError):
    """What came back is not an HTTP/1.1 answer, or it ended too early."""


@dataclass(frozen=True)
class Answer:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Link:
    """One connection. Not safe under threads: one user at a time."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._socket = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        try:
            self._socket.settimeout(ANSWER_TIMEOUT_S)
            # Head and body leave in two writes: Nagle's algorithm would hold the second back.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise
        self._reader: BinaryIO = self._socket.makefile("rb")
        self.reusable = True

    def exchange(self, head: bytes, body: bytes) -> Answer:
        self.reusable = False
        try:
            if len(body) < LONGEST_LINE_BYTES:
                self._socket.sendall(head + body)
            else:
                self._socket.sendall(head)
                self._socket.sendall(body)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a request may close before it has read the body; its reason can still be read.
            return self._read()
        answer = self._read()
        self.reusable = answer.headers.get("connection", "").lower() != "close"
        return answer

    def _read(self) -> Answer:
        status, headers = self._read_head()
        while status <= LAST_INFORMATIONAL:
            status, headers = self._read_head()
        if status in BODILESS:
            body = b""
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunks()
        elif "content-length" in headers:
            body = self._read_exactly(int(headers["content-length"]))
        else:
            headers["connection"] = "close"
            body = self._reader.read(LONGEST_ANSWER_BYTES)
        return Answer(status, headers, body)

    def _read_head(self) -> tuple[int, dict[str, str]]:
        line = self._reader.readline(LONGEST_LINE_BYTES)
        if not line:
            raise BrokenAnswerError("the connection was closed without an answer")
        protocol, _, rest = line.partition(b" ")
        if protocol != b"HTTP/1.1" or not rest[:3].isdigit():
            raise BrokenAnswerError(f"not an HTTP/1.1 answer: {line[:60]!r}")
        headers: dict[str, str] = {}
        while line := self._reader.readline(LONGEST_LINE_BYTES).rstrip(b"\r\n"):
            name, _, value = line.partition(b":")
            headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip()
        return int(rest[:3]), headers

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self._reader.readline(LONGEST_LINE_BYTES).split(b";")[0], 16):
            body += self._read_exactly(size)
            self._reader.readline(LONGEST_LINE_BYTES)
        while self._reader.readline(LONGEST_LINE_BYTES).rstrip(b"\r\n"):
            pass  # trailers
        return bytes(body)

    def _read_exactly(self, size: int) -> bytes:
        if size > LONGEST_ANSWER_BYTES:
            raise BrokenAnswerError(f"an answer of {size} bytes")
        body = self._reader.read(size)
        if len(body) < size:
            raise BrokenAnswerError(f"the answer ended after {len(body)} of {size} bytes")
        return body

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


class Links:
    """The connections to one server, as many as are used at once. Safe under threads."""

    def __init__(self, endpoint: str) -> None:
        """Connect to the `scheme://host[:port]` of `endpoint` when first asked; certificates as httpx checks them."""
        url = urlsplit(endpoint)
        self._host = url.hostname or ""
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._tls = httpx.create_ssl_context() if url.scheme == "https" else None
        self._idle: list[_Link] = []
        self._lock = threading.Lock()

    def exchange(self, head: bytes, body: bytes) -> Answer:
        """Send and return the answer; an idle connection that the server has closed meanwhile is replaced at once.

        Raises:
            OSError: no answer came.

        """
        with self._lock:
            link = self._idle.pop() if self._idle else None
        if link is not None:
            try:
                return self._on(link, head, body)
            except TimeoutError:
                raise
            except OSError:
                self.close()  # the others are as old
        return self._on(_Link(self._host, self._port, self._tls), head, body)

    def _on(self, link: _Link, head: bytes, body: bytes) -> Answer:
        try:
            answer = link.exchange(head, body)
        except ValueError as error:  # a length that is no number
            link.close()
            raise BrokenAnswerError("not an HTTP/1.1 answer: a length that is no number") from error
        except BaseException:
            link.close()
            raise
        if link.reusable:
            with self._lock:
                self._idle.append(link)
        else:
            link.close()
        return answer

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()
