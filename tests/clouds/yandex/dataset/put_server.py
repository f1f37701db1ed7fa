"""A real HTTP server on 127.0.0.1 that takes presigned PUTs as S3 does, and answers what a test tells it."""

import hashlib
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_UP = 0


@dataclass(frozen=True)
class Put:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes


class PutServer:
    """Keeps what is put; `answers` are the statuses of the next PUTs, 200 when there is none left."""

    def __init__(self) -> None:
        self.puts: list[Put] = []
        self.answers: list[int | tuple[int, str]] = []
        self.with_etag = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bodies(self) -> list[bytes]:
        """What was put, in its order, refused or not."""
        return [put.body for put in self.puts]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.puts.append(Put(self.path, headers, body))
                answer = server.answers.pop(0) if server.answers else 200
                status, code = answer if isinstance(answer, tuple) else (answer, "")
                if status == HANG_UP:
                    self.close_connection = True
                    return
                xml = (
                    f"<Error><Code>{code}</Code><Message>told</Message><Sent>{self.path}</Sent></Error>" if code else ""
                )
                self.send_response(status)
                if server.with_etag:
                    self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
                self.send_header("Content-Length", str(len(xml)))
                self.end_headers()
                self.wfile.write(xml.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
                """Say nothing."""

        return Handler
