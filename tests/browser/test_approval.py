"""A run that waits for somebody to agree with its price."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("provisioned")
def test_a_paused_run_is_approved_in_the_ui(ui: Ui, picture: Picture) -> None:
    """It pauses over its price; the dialog names price and model without scrolling, and wants the switch touched."""
    form = ui.open_deployment("provision-rag").custom_run()
    form.parameters.field("LLM").field("Name").fill("llm-to-approve")
    limit = form.parameters.field("Approve above, RUB per hour")
    limit.choose("number")
    limit.fill("100")
    run = form.submit("to-approve")
    run.wait_for("Paused")

    dialog = run.resume()
    expect(dialog.root).to_contain_text("it starts 120 RUB per hour, above 100")
    expect(dialog.root).to_contain_text("LLM llm-to-approve: create, 120 RUB per hour")
    switch = dialog.fields.field("Approve")
    expect(switch.root).to_be_in_viewport(ratio=1)
    expect(switch.root).to_contain_text("To change nothing, cancel the run instead.")
    dialog.press_resume()
    expect(ui.page.get_by_text("'approve' is a required property")).to_be_visible()
    switch.switch()
    picture("approval", of=dialog.root)
    dialog.submit()
    run.wait_for("Completed")
