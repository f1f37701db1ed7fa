"""A run that failed, as its page tells it."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("provisioned")
def test_the_page_of_a_failed_verification_says_what_to_do(ui: Ui, picture: Picture) -> None:
    """A probe that no document answers fails the run; its page tells question, answer, source and what to correct."""
    form = ui.open_deployment("provision-rag").custom_run()
    form.parameters.field("Probe").field("Expected phrase").fill("через двести лет")
    run = form.submit("wrong-probe")
    run.wait_for("Failed")

    details = run.open_tab("Details")
    for words in ("lacks the phrase 'через двести лет'", "from rag-inference-kb/faq_products.txt", "Check the phrase"):
        expect(details).to_contain_text(words)
    picture("failed", height=1080)
