"""A new document, from the list of deployments to the answer that comes from it."""

import pytest
from playwright.sync_api import expect

from tests.browser.local_stack import ROOT
from tests.browser.pages import Picture, Ui

pytestmark = pytest.mark.browser

FIRST = ROOT / "examples" / "faq_products.txt"
ADDED = ROOT / "examples" / "en" / "faq_accessories.txt"
QUESTION = "What is charged if the adapter is missing from my return?"


@pytest.mark.usefixtures("provisioned")
def test_a_new_document_is_indexed_by_hand_and_answers(ui: Ui, picture: Picture) -> None:
    """Somebody who only clicks gives refresh-rag a document, sees plan and progress, and is answered from it."""
    form = ui.open_deployment("refresh-rag").custom_run()
    documents = form.parameters.field("Documents of this run")
    documents.choose("list")
    documents.add(str(FIRST))
    documents.add(str(ADDED))
    run = form.submit("new-document")
    run.wait_for("Completed")

    expect(run.artifact("plan", "kb-rag-with-inference")).to_contain_text("1: rag-inference-kb/faq_accessories.txt")
    picture("plan", height=640)
    run = ui.open_run("new-document")
    expect(run.artifact("sync-documents", "rag-inference-bucket")).to_contain_text("100")
    run = ui.open_run("new-document")
    expect(run.artifact("refresh", "kb-rag-with-inference")).to_contain_text("1 new, 0 changed, 0 deleted, 1 the same")

    form = ui.open_deployment("ask-rag").custom_run()
    form.parameters.field("Question").fill(QUESTION)
    run = form.submit("question")
    run.wait_for("Completed")
    answer = run.artifact("answer", "kb-rag-with-inference")
    expect(answer).to_contain_text("charged at 18 euros")
    expect(answer).to_contain_text("rag-inference-kb/faq_accessories.txt")
    picture("answer", height=640)
