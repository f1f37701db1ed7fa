"""A webhook on this machine that keeps every message it is sent."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

TEMPLATE = {"subject": "{{subject}}", "body": "{{body}}"}
"""What Prefect's Custom Webhook block sends."""


@dataclass
class Webhook:
    """Where it listens, and the messages so far."""

    url: str = ""
    messages: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def about(self, subject: str, *parts: str) -> dict[str, str] | None:
        """Return a message whose subject begins so and whose body has these parts; None while there is none."""
        fitting = (m for m in self.messages if m["subject"].startswith(subject) and all(p in m["body"] for p in parts))
        return next(fitting, None)


@contextmanager
def listening() -> Generator[Webhook]:
    """Listen on a free port."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            webhook.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # nothing is logged
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()
