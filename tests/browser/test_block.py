"""Credentials that somebody types into the UI."""

import pytest
from playwright.sync_api import expect

from clouds.cloudru.wire.endpoints import Endpoints
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.browser.local_stack import LocalStack
from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("provisioned")
def test_a_run_uses_credentials_made_in_the_ui(ui: Ui, local_stack: LocalStack, picture: Picture) -> None:
    """Both blocks are filled in by their titles, the secret is hidden, and status-rag finds the stack with them."""
    where = Endpoints.under(local_stack.running.sandbox_url)
    form = ui.new_block("Cloud.ru Connection")
    form.name("made-by-hand")
    for name, field in Endpoints.model_fields.items():
        form.fields.field("Endpoints").field(str(field.title)).fill(getattr(where, name))
    form.save()

    form = ui.new_block("Cloud.ru Credentials")
    form.name("made-by-hand")
    form.fields.field("Key ID").fill(KEY_ID)
    form.fields.field("Key Secret").fill(KEY_SECRET)
    form.fields.field("Project").fill(PROJECT_ID)
    form.fields.field("Connection").choose("a block")
    form.fields.field("Connection").pick("made-by-hand")
    picture("credentials", height=720)
    form.save()
    expect(ui.page.get_by_text(KEY_SECRET)).to_have_count(0)

    run_form = ui.open_deployment("status-rag").custom_run()
    run_form.parameters.field("Cloud.ru credentials").fill("made-by-hand")
    run = run_form.submit("with-own-credentials")
    run.wait_for("Completed")
    status = run.artifact("status", "kb-rag-with-inference")
    expect(status).to_contain_text("embedder-for-rag")
    expect(status).to_contain_text("RUNNING")
