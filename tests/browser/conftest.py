"""One stack and one browser for all tests of the UI; its pictures are kept with `--pictures FOLDER`."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import launched
from tests.browser.local_stack import LocalStack, started_in
from tests.browser.pages import Picture, Ui

LARGEST_PICTURE_BYTES = 200_000
WAITED_MS = 60_000
STEADY_AFTER_MS = 300
STEADY_WITHIN_LOOKS = 40
WITHOUT_LOGOS = "img[src^='https:'] { visibility: hidden; }"
"""Logos of blocks lie in the network, which this browser does not reach; what stands for them is left out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the folder of the pictures."""
    parser.addoption("--pictures", type=Path, default=None, help="folder in which the pictures of the UI are kept")


@pytest.fixture(scope="package")
def browser() -> Generator[Browser]:
    """Start Chromium; first, because it is missing in a moment and the stack takes half a minute.

    For this folder only: Playwright keeps an event loop running, beside which other tests could start none.
    """
    expect.set_options(timeout=WAITED_MS)
    with launched() as started:
        yield started


@pytest.fixture(scope="package")
def local_stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Generator[LocalStack]:  # noqa: ARG001  # order
    """Start what `make up` starts."""
    with started_in(tmp_path_factory.mktemp("browser") / "local") as started:
        yield started


@pytest.fixture(scope="package")
def provisioned(local_stack: LocalStack) -> str:
    """Bring the tutorial's stack up and return the name of the run that did."""
    run = local_stack.run("provision-rag/sandbox")
    assert run.state_type == "COMPLETED", run.message
    return run.name


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Generator[Page]:
    """Open a page; what it showed last is kept when the test fails."""
    opened = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    opened.set_default_timeout(WAITED_MS)
    yield opened
    opened.screenshot(path=tmp_path / "last.png")
    opened.close()


@pytest.fixture
def ui(page: Page, local_stack: LocalStack) -> Ui:
    """Return the Prefect UI of the stack."""
    return Ui(page, local_stack.ui_url)


@pytest.fixture
def picture(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> Picture:
    """Return a function that keeps what the page, or a part of it, shows as `name.png`, in a window of that height."""
    folder: Path = request.config.getoption("--pictures", default=None) or tmp_path

    def take(name: str, *, height: int = 900, of: Locator | None = None) -> None:
        page.set_viewport_size({"width": 1440, "height": height})
        page.mouse.move(0, 0)
        shot = _steady(page, of)
        assert len(shot) < LARGEST_PICTURE_BYTES, f"{name}.png has {len(shot)} bytes"
        (folder / f"{name}.png").write_bytes(shot)

    return take


def _steady(page: Page, of: Locator | None) -> bytes:
    """Return the picture when two in a row are the same: the graph is drawn on a canvas, which announces nothing."""
    before = b""
    for _ in range(STEADY_WITHIN_LOOKS):
        shot = (of or page).screenshot(animations="disabled", style=WITHOUT_LOGOS)
        if shot == before:
            return shot
        before = shot
        page.wait_for_timeout(STEADY_AFTER_MS)
    raise AssertionError(f"the page at {page.url} does not come to rest")
