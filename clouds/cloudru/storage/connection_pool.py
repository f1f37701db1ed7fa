"""HTTP/1.1 on kept connections: requests are complete bytes already, answers are read by the standard library.

The transfer of many small files costs a client mostly the work around each request; docs/decisions/0003-transfer.md has
the figures.
"""

import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import httpx

from clouds.whole_answer import WHOLE_WITHIN_S

CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 120.0
SENT_WITH_HEAD_BYTES = 65_536
PIECE_BYTES = 65_536
LONGEST_ANSWER_BYTES = 8 << 20
"""A page of a listing: 1000 keys of 1024 bytes, percent-encoded, make 3 MB."""


class BrokenAnswerError(OSError):
    """What came back is not an HTTP/1.1 answer, or it ended too early."""


@dataclass(frozen=True)
class Answer:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection:
    """One connection. Not safe under threads: one user at a time."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        try:
            self._socket = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except UnicodeError as error:
            raise BrokenAnswerError(f"{host!r} is no host name") from error
        try:
            self._socket.settimeout(ANSWER_TIMEOUT_S)
            # Head and body leave in two writes: Nagle's algorithm would hold the second back.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise
        self.reusable = True

    def exchange(self, head: bytes, body: bytes) -> Answer:
        self.reusable = False
        method = head[: head.index(b" ")].decode()
        try:
            if len(body) < SENT_WITH_HEAD_BYTES:
                self._socket.sendall(head + body)
            else:
                self._socket.sendall(head)
                self._socket.sendall(body)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a request may close before it has read the body; its reason can still be read.
            answer = self._read(method)
            self.reusable = False
            return answer
        return self._read(method)

    def _read(self, method: str) -> Answer:
        """Read the answer with the standard library's parser: it knows chunks, 100 Continue, and what has no body."""
        with HTTPResponse(self._socket, method=method) as response:
            try:
                response.begin()
                if (response.length or 0) > LONGEST_ANSWER_BYTES:
                    raise BrokenAnswerError(f"an answer of {response.length} bytes")
                body = _whole(response)
            except OSError:  # a closed connection is also an HTTPException, but needs no other words
                raise
            except (HTTPException, ValueError) as error:
                raise BrokenAnswerError(f"not a whole HTTP/1.1 answer: {type(error).__name__} {error}") from error
            self.reusable = not response.will_close
            return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def close(self) -> None:
        self._socket.close()


def _whole(response: HTTPResponse) -> bytes:
    """Return the body; BrokenAnswerError when it does not end in time and within the size, or ends too early."""
    body, end_s = bytearray(), time.monotonic() + WHOLE_WITHIN_S
    while piece := response.read1(PIECE_BYTES):
        body += piece
        if len(body) > LONGEST_ANSWER_BYTES:
            raise BrokenAnswerError(f"an answer of more than {LONGEST_ANSWER_BYTES} bytes")
        if time.monotonic() > end_s:
            raise BrokenAnswerError(f"an answer that had not ended after {WHOLE_WITHIN_S:g} s")
    if response.length:
        raise BrokenAnswerError(f"an answer that lacks {response.length} bytes")
    return bytes(body)


class ConnectionPool:
    """The connections to one server, as many as are used at once. Safe under threads."""

    def __init__(self, endpoint: str) -> None:
        """Connect to the `scheme://host[:port]` of `endpoint` when first asked; certificates as httpx checks them."""
        url = urlsplit(endpoint)
        self._host = url.hostname or ""
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._tls = httpx.create_ssl_context() if url.scheme == "https" else None
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def exchange(self, head: bytes, body: bytes) -> Answer:
        """Send and return the answer; an idle connection that the server has closed meanwhile is replaced at once.

        Raises:
            OSError: no answer came.

        """
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return self._on(connection, head, body)
            except TimeoutError:
                raise
            except OSError:
                self.close()  # the others are as old
        return self._on(_Connection(self._host, self._port, self._tls), head, body)

    def _on(self, connection: _Connection, head: bytes, body: bytes) -> Answer:
        try:
            answer = connection.exchange(head, body)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close the idle connections; the next request opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
