"""The console's side of Object Storage and IAM, as a server on the loopback address."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from clouds.cloudru.storage import Storage

TENANT = "7b0f2c1e-0000-4000-8000-000000000001"
PROJECT = "2f9d0c5a-0000-4000-8000-000000000002"
LOG_GROUP = "c4d1aa10-0000-4000-8000-000000000003"
KEY_ID, KEY_SECRET = "key-of-the-test", "secret-of-the-test"
StorageMaker = Callable[..., Storage]
"""Makes a client of a store at a URL; no retry ever sleeps."""


class ControlPlane:
    """Knows the tenant of one project, and makes and lists the buckets of the S3 server."""

    def __init__(self, data: Path, make_bucket: Callable[[str], None]) -> None:
        """List the directories of `data` as buckets; serve until it is stopped."""
        self.data = data
        self.foreign: set[str] = set()
        self.created: list[dict[str, object]] = []
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(f"/v2/projects/{PROJECT}"):
                    self._answer(200, {"tenantId": TENANT})
                elif self.path.endswith(f"/v1/tenants/{TENANT}/buckets"):
                    names = sorted(path.name for path in plane.data.iterdir())
                    self._answer(200, {"buckets": [{"name": name, "log_group_id": LOG_GROUP} for name in names]})
                else:
                    self._answer(404, {"code": 5, "message": "no such project", "details": []})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path.endswith("/auth/token"):
                    self._answer(200, {"access_token": "token-of-the-test", "expires_in": 3600})
                elif body["name"] in plane.foreign or (plane.data / body["name"]).exists():
                    self._answer(409, {"code": 6, "message": "bucket already exists", "details": []})
                else:
                    plane.created.append(body)
                    make_bucket(body["name"])
                    self._answer(201, {"name": body["name"], "log_group_id": LOG_GROUP})

            def _answer(self, status: int, body: dict[str, object]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
