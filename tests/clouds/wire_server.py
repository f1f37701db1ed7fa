"""A real HTTP server on 127.0.0.1 that answers what a test tells it, and keeps what it was asked."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN_PATH = "/iam.api.cloud.ru/api/v1/auth/token"
PROJECT = "11111111-1111-4111-8111-111111111111"
KEY_SECRET = "key-secret-sentinel"
TOKEN = "token-sentinel-1"


@dataclass(frozen=True)
class Asked:
    """A request as it came in; `query` holds the last value of each key."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    """An answer: JSON unless `content` is bytes; status 0 hangs up without an answer."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


LOST = Told(status=0)
Rule = Callable[[Asked], Told]


class WireServer:
    """Answers by the last matching rule; a rule given as a list is used up from the left, its last answer stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._rules: list[tuple[str, re.Pattern[str], Rule]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def tell(self, method: str, path: str, *answers: Told | Rule | dict[str, Any] | list[Any]) -> None:
        """Answer requests whose path matches the regular expression."""
        left = list(answers)

        def rule(asked: Asked) -> Told:
            with self._lock:
                answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Told):
                return answer
            return answer(asked) if callable(answer) else Told(answer)

        self._rules.append((method, re.compile(path), rule))

    def requests(self, method: str, path: str) -> list[Asked]:
        """Return what was asked there so far."""
        pattern = re.compile(path)
        return [asked for asked in self.asked if asked.method == method and pattern.fullmatch(asked.path)]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, asked: Asked) -> Told:
        with self._lock:
            self.asked.append(asked)
        for method, pattern, rule in reversed(self._rules):
            if method == asked.method and pattern.fullmatch(asked.path):
                return rule(asked)
        return Told({"code": 5, "message": "Not Found", "details": []}, 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length) if length else b""
                url = urlsplit(self.path)
                query = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
                headers = {key.lower(): value for key, value in self.headers.items()}
                told = server._answer(Asked(self.command, url.path, query, headers, json.loads(raw) if raw else None))
                if told.status == 0:
                    self.close_connection = True
                    return
                content = told.content if isinstance(told.content, bytes) else json.dumps(told.content).encode()
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
                """Say nothing."""

        return Handler
