"""The verdict on a version, with its picture."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("provisioned")
def test_an_evaluation_shows_its_picture(ui: Ui, picture: Picture) -> None:
    """The artifact of evaluate-rag says passed, and the browser has drawn its bars."""
    run = ui.open_deployment("evaluate-rag").custom_run().submit("golden-questions")
    run.wait_for("Completed")
    verdict = run.artifact("evaluation", "kb-rag-with-inference")
    expect(verdict.get_by_role("heading", level=1)).to_have_text("kb-rag-with-inference: passed")
    bars = verdict.get_by_role("img").first
    expect(bars).to_be_visible()
    assert bars.evaluate("image => image.complete && image.naturalWidth > 100")
    picture("evaluation", height=980)
