"""Which server `make deploy` goes to, and what it says when there is none."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.deploying.deploy import check_server, choose_server
from local.errors import LocalError
from local.layout import Layout
from tests.local.prefect_server import Script, serve


@contextmanager
def answering(status: int, text: str) -> Generator[str]:
    """Serve one answer to everything; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # nothing is logged
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_server_that_is_named_comes_first(tmp_path: Path) -> None:
    """PREFECT_API_URL; without it the local stack, and without that one line that says both ways."""
    layout = Layout(root=tmp_path, folder=tmp_path)
    assert choose_server(layout, {"PREFECT_API_URL": "http://prefect:4200/api/"}) == "http://prefect:4200/api"
    with pytest.raises(LocalError, match=r"^no Prefect server is named: set .*, or run `make up` first$"):
        choose_server(layout, {"PREFECT_API_URL": ""})


def test_a_prefect_server_is_known_by_its_answer() -> None:
    """It says that it is well; one that wants a key first is asked by Prefect's client, which has it."""
    with serve(Script([])) as api_url:
        check_server(api_url)
    with answering(401, "key?") as url:
        check_server(f"{url}/api")


def test_a_database_that_is_down_is_one_line() -> None:
    """The server is well, as it says, and cannot answer anything: its database is named as the place to look."""

    class WithoutDatabase(Script):
        def answer(self, method: str, path: str, body: object) -> tuple[int, object]:
            down = (503, {"message": "Database is not available"})
            return down if path == "/api/ready" else super().answer(method, path, body)

    complaint = r"^the Prefect server at .* does not reach its database: start that, or see its log$"
    with serve(WithoutDatabase([])) as api_url, pytest.raises(LocalError, match=complaint):
        check_server(api_url)


@pytest.mark.parametrize(("status", "text"), [(200, "<html>"), (404, "nothing here")])
def test_another_program_is_no_prefect_server(status: int, text: str) -> None:
    """The line says how the address answered, and what the URL of an API looks like."""
    complaint = rf"answers, but not as a Prefect server does \(HTTP {status} .* ends with /api$"
    with answering(status, text) as url, pytest.raises(LocalError, match=complaint):
        check_server(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/api", "127.0.0.1:4200/api", "http://[::1/api"])
def test_nobody_there_is_one_line(url: str) -> None:
    """A server that is down, an address without a scheme, no address at all."""
    with pytest.raises(LocalError, match=r"^no Prefect server answers at .*: correct PREFECT_API_URL, or start it$"):
        check_server(url)
