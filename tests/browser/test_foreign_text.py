"""Text of others on the pages of a run: nothing in it is loaded, linked or executed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, Request, expect

from domain import markdown
from domain.keys import StackKey
from domain.reports.answer import AnsweringModel
from tasks.run.artifacts import write_page, write_table
from tasks.run.progress import progress
from tasks.run.results import keep_result
from tests.browser.local_stack import LocalStack
from tests.support.prefect_client import prefect_at

pytestmark = pytest.mark.browser
HOST = "evil.example"
HOSTILE = (
    f"Ответ ![p](http://{HOST}/md.png) [link](http://{HOST}/a) <img src='http://{HOST}/html.png'> "
    f"&lt;img src='http://{HOST}/entity.png'&gt; <http://{HOST}/auto> http://{HOST}/bare www.{HOST}/www a@{HOST} "
    f"[js](javascript:alert(1)) ![r][ref] ftp://{HOST} | `x` \\[y](http://{HOST}/b)\n\n[ref]: http://{HOST}/ref.png"
)
"""What a document, a model or a service may say."""
OWNER = StackKey("a project", "kb-text")


@pytest.fixture(scope="module")
def artifacts(local_stack: LocalStack) -> dict[str, str]:
    """Write an artifact of each type as the flows do; return the paths of their lists by kind.

    In a thread of its own: beside the event loop that Playwright runs in this one, Prefect's calls would return
    coroutines.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_write, local_stack.running.api_url).result()
    return {kind: f"artifacts/key/{OWNER.artifact(kind)}" for kind in ("page", "table", "progress", "text-result")}


def _write(api_url: str) -> None:
    text = markdown.page(
        f"# {markdown.one_line(HOSTILE)}",
        markdown.escaped(HOSTILE),
        markdown.quoted(HOSTILE),
        f"- {markdown.code(HOSTILE)}",
        markdown.text_table(("a", "b"), [(HOSTILE, HOSTILE)]),
    )
    with prefect_at(api_url):
        write_page(OWNER, "page", text, HOSTILE)
        write_table(OWNER, "table", [{"chunk": HOSTILE}], HOSTILE)
        keep_result(OWNER, "text", AnsweringModel(role=HOSTILE, model="", answered_by=""))
        with progress(OWNER.artifact("progress"), HOSTILE, total=1, notes=True) as advance:
            advance(1, HOSTILE)


@pytest.mark.parametrize("ui", ["", "v2/"], ids=["the UI", "the new UI"])
@pytest.mark.parametrize("kind", ["page", "table", "progress", "text-result"])
def test_nothing_in_it_is_live(
    page: Page, local_stack: LocalStack, artifacts: dict[str, str], kind: str, ui: str
) -> None:
    """Neither list nor artifact asks another host for anything or holds a link, and the text is there to be read."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend([request.url] * (HOST in request.url))

    page.on("request", note)
    page.goto(f"{local_stack.ui_url}/{ui}{artifacts[kind]}")
    opened = page.locator("a[href*='/artifacts/artifact/']").first
    opened.wait_for()
    _expect_text_only(page)
    opened.click()
    page.wait_for_url("**/artifacts/artifact/**")
    shown = "for programs" if kind == "text-result" else "Ответ"  # data of an unknown type is shown sign by sign
    expect(page.get_by_text(shown).first).to_be_visible()
    _expect_text_only(page)
    assert asked == []


def _expect_text_only(page: Page) -> None:
    for live in (f"a[href*='{HOST}']", "a[href^='javascript:']", f"img[src*='{HOST}']", "a[href^='mailto:']"):
        expect(page.locator(live)).to_have_count(0)
