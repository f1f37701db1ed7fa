"""How the forms read."""

import pytest
from playwright.sync_api import expect

from tests.browser.forms import CODE_LABEL
from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser

FLOWS = ("provision-rag", "refresh-rag", "evaluate-rag", "sweep-rag", "finetune-embedder")
"""The others have some of the same parameters; what all are called, tests/flows/test_parameters.py holds."""
MAPPINGS = {"finetune-embedder": 1}
"""Fields that are JSON, since no form has a field for them: the labels of a tuning, any names with any values."""
BLOCKS = {
    "Cloud.ru Credentials": "Project",
    "Hugging Face Credentials": "Endpoint",
    "Yandex Cloud Credentials": "Folder",
}
"""Each with a field of its form."""


@pytest.mark.parametrize("flow", FLOWS)
def test_a_parameter_form_has_labels_for_people_and_no_json(ui: Ui, picture: Picture, flow: str) -> None:
    """Every parameter and every choice has a name that somebody has written, and a field of its own kind."""
    form = ui.open_deployment(flow).custom_run()
    cloud = "Yandex Cloud" if flow == "finetune-embedder" else "Cloud.ru"
    expect(form.parameters.field(f"{cloud} credentials").root).to_be_visible()
    form.page.wait_for_load_state("networkidle")  # editors of JSON are loaded late
    labels = form.parameters.labels()
    assert [label for label in labels if CODE_LABEL.search(label)] == []
    expect(form.parameters.json_editors()).to_have_count(MAPPINGS.get(flow, 0))
    if flow == "provision-rag":
        picture("parameters", height=1000)


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_block_form_has_labels_for_people(ui: Ui, kind: str) -> None:
    """The same for the forms in which credentials are typed."""
    form = ui.new_block(kind)
    expect(form.fields.field(BLOCKS[kind]).root).to_be_visible()
    form.page.wait_for_load_state("networkidle")
    labels = form.fields.labels()
    assert len(labels) > 2
    assert [label for label in labels if CODE_LABEL.search(label)] == []
    expect(form.fields.json_editors()).to_have_count(0)
