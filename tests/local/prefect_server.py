"""A server that answers the calls with which a run is watched; what it answers is scripted look by look."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

RUN_ID = "11111111-1111-4111-8111-111111111111"


@dataclass
class Script:
    """States of the flow run, one for each look (the last one stays), and what else the API returns."""

    states: list[tuple[str, str, str]]
    task_runs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    artifacts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    logs: list[str] = field(default_factory=list[str])
    asked: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])

    def flow_run(self) -> dict[str, Any]:
        """Return the run in its next state."""
        kind, name, message = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        state = {"type": kind, "name": name, "message": message}
        return {"id": RUN_ID, "name": "brave-owl", "state_type": kind, "state_name": name, "state": state}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Return status and body for one call."""
        self.asked.append((method, path, body))
        answers: dict[str, Callable[[], Any]] = {
            "/api/health": lambda: True,
            "/api/deployments/name/provision-rag/sandbox": lambda: {"id": "deployment-1"},
            "/api/deployments/name/probe-cloud/sandbox": lambda: {"id": "deployment-1"},
            "/api/deployments/deployment-1/create_flow_run": self.flow_run,
            f"/api/flow_runs/{RUN_ID}": self.flow_run,
            f"/api/flow_runs/{RUN_ID}/set_state": lambda: {"status": "ACCEPT"},
            "/api/task_runs/filter": lambda: self.task_runs,
            "/api/artifacts/filter": lambda: self.artifacts,
            "/api/logs/filter": lambda: [{"message": line} for line in self.logs],
        }
        answer = answers.get(path)
        return (200, answer()) if answer else (404, {"detail": f"Not Found: {path}"})


def task_run(name: str, state: str, *, state_name: str = "", took_s: float = 1.0) -> dict[str, Any]:
    """Return a task run as the API does."""
    return {
        "id": name,
        "name": name,
        "state_type": state,
        "state_name": state_name or state.capitalize(),
        "start_time": None if state == "PENDING" else "2026-11-21T10:00:00Z",
        "expected_start_time": "2026-11-21T10:00:00Z",
        "total_run_time": took_s,
    }


def artifact(kind: str, data: Any, *, key: str = "a-key", task_run_id: str | None = None) -> dict[str, Any]:
    """Return an artifact as the API does."""
    return {"id": key, "key": key, "type": kind, "description": None, "data": data, "task_run_id": task_run_id}


@contextmanager
def serve(script: Script) -> Generator[str]:
    """Serve the script on a free port; yield the address of the API."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"  # pyright: ignore[reportIncompatibleVariableOverride]  # a constant
        wbufsize: ClassVar[int] = -1  # head and body in one packet: sent apart, each answer waits 40 ms for an ACK

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, reply = script.answer(self.command, self.path, json.loads(body) if body else None)
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815  # names of the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # name of the base class
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
