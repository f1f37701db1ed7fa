"""The run that brings a stack up, as its page shows it."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser


def test_the_page_of_a_run_leads_to_its_proof(ui: Ui, provisioned: str, picture: Picture) -> None:
    """Graph, steps and report of the run that brought the stack up; the report quotes the answer and its source."""
    run = ui.open_run(provisioned)
    run.wait_for("Completed")
    picture("flow-run", height=520)
    report = run.artifact("stack", "kb-rag-with-inference")
    expect(report).to_contain_text("14 дней, не считая дня покупки")
    expect(report).to_contain_text("rag-inference-kb/faq_products.txt")
    picture("report", height=860)
