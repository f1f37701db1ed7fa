"""A page of somebody else, open in the browser beside the local stack."""

import http.server
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from sandbox.settings import KEY_SECRET
from tests.browser.local_stack import LocalStack
from tests.browser.pages import Ui

pytestmark = pytest.mark.browser

ASK = """async ([url, options]) => {
    try { const answer = await fetch(url, options); return [answer.type, await answer.text()]; }
    catch (error) { return ["error", String(error)]; }
}"""
LISTEN = """url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""
DRAW = """url => new Promise(done => {
    const frame = document.createElement("iframe");
    frame.onload = () => done(frame);
    frame.src = url;
    document.body.append(frame);
})"""
AS_JSON = {"method": "POST", "body": '{"include_secrets": true}', "headers": {"Content-Type": "application/json"}}


@pytest.fixture
def foreign(page: Page, tmp_path: Path) -> Generator[Page]:
    """Open a page that another program on this machine serves: another port is another origin."""
    (tmp_path / "index.html").write_text("<!doctype html><title>foreign</title>", encoding="utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        """Serves the folder."""

        def __init__(self, *request: Any) -> None:
            super().__init__(*request, directory=str(tmp_path))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    yield page
    server.shutdown()
    server.server_close()


def test_it_reads_no_block(foreign: Page, local_stack: LocalStack) -> None:
    """The secrets of the blocks, which the API returns to a caller, do not reach a script of another origin."""
    kind, text = foreign.evaluate(ASK, [f"{local_stack.running.api_url}/block_documents/filter", AS_JSON])
    assert KEY_SECRET not in text
    assert kind == "error"


def test_it_hears_no_events(foreign: Page, local_stack: LocalStack) -> None:
    """A websocket needs no permission of the browser; the server refuses it."""
    url = local_stack.running.api_url.replace("http://", "ws://")
    assert foreign.evaluate(LISTEN, f"{url}/events/out") == "refused"


def test_it_shows_no_ui_in_a_frame(foreign: Page, local_stack: LocalStack) -> None:
    """In a frame the buttons of the UI could be pressed by a person who does not see them."""
    foreign.evaluate_handle(DRAW, f"{local_stack.ui_url}/dashboard")
    expect(foreign.frames[-1].locator("body")).to_contain_text("has no access to this server")


def test_it_does_not_reset_the_sandbox(foreign: Page, local_stack: LocalStack, provisioned: str) -> None:  # noqa: ARG001  # something to lose
    """A request without a body is sent without asking first, and without reading the answer: it must change nothing."""
    url = local_stack.running.sandbox_url
    before = httpx.get(f"{url}/_sandbox/inventory", trust_env=False).json()
    foreign.evaluate(ASK, [f"{url}/_sandbox/reset", {"method": "POST", "mode": "no-cors"}])
    assert httpx.get(f"{url}/_sandbox/inventory", trust_env=False).json() == before


def test_the_ui_works_under_the_other_name_of_the_machine(ui: Ui, local_stack: LocalStack) -> None:
    """Opened as localhost, the UI calls 127.0.0.1: for the browser another origin, and the server's own."""
    ui.page.goto(f"{local_stack.ui_url.replace('127.0.0.1', 'localhost')}/deployments")
    expect(ui.page.get_by_text("provision-rag").first).to_be_visible()
