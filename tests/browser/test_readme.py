"""Whoever reads README and does in the UI what it says, with the words that it has, gets to an answer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.local_stack import ROOT
from tests.browser.pages import DeploymentPage, RunPage, Ui

pytestmark = pytest.mark.browser

READMES = ("README.md", "README.ru.md")
ASKED = re.compile(
    r"^2\. \*(?P<menu>Deployments)\*.*?`(?P<typed>[\w-]+)`.*?\*(?P<field>[\w ]+)\*.*?`(?P<row>\w+)`.*?\*(?P<run>Run)\*"
    r", \*(?P<custom>[\w ]+)\*,.*?\*(?P<parameter>\w+)\*, \*(?P<submit>\w+)\*.*?\*(?P<tab>\w+)\*"
    r".*?`(?P<whole>[\w/-]+)`",
    re.MULTILINE | re.DOTALL,
)
"""The step in which a question is asked: what is typed, chosen and pressed, in this order."""
QUESTION = "Сколько месяцев гарантии у ноутбука?"


def step(name: str) -> dict[str, str]:
    """Return what the step of a README says."""
    found = ASKED.search((ROOT / name).read_text(encoding="utf-8"))
    assert found, f"{name} has no step that asks a question"
    return found.groupdict()


@pytest.mark.usefixtures("provisioned")
@pytest.mark.parametrize("name", READMES)
def test_the_step_that_asks_a_question_leads_to_the_answer(ui: Ui, name: str) -> None:
    """From the menu to the page with answer, quoted file and models, by the words of the README alone."""
    says, page = step(name), ui.page
    ui.choose(says["menu"])
    page.get_by_placeholder(says["field"]).fill(says["typed"])
    row = page.get_by_role("row").filter(has=page.get_by_text(says["typed"], exact=True))
    row.get_by_role("link", name=says["row"], exact=True).click()
    page.wait_for_url("**/deployments/deployment/**")
    page.get_by_role("button", name=says["run"], exact=True).click()
    page.get_by_role("menuitem", name=says["custom"]).click()
    form = DeploymentPage(page)
    field = page.locator("form").get_by_text(says["parameter"], exact=True).first
    expect(field).to_be_visible()
    labels = page.locator("form label").all_inner_texts()
    assert says["parameter"] in labels[:4], f"{labels}: what changes from run to run stands first"
    page.locator("form textarea").first.fill(QUESTION)
    run_name = f"as-{name.lower().replace('.', '-')}"
    page.get_by_label("Run Name").fill(run_name)
    page.get_by_role("button", name=says["submit"]).click()
    page.get_by_role("tab", name="Upcoming").wait_for()
    run = RunPage.open(form.page, run_name)
    run.wait_for("Completed")

    run.open_tab(says["tab"])
    answer = run.artifact("answer", "kb-rag-with-inference")
    expect(answer).to_contain_text("24 месяца")
    expect(answer).to_contain_text("Sources quoted")
    expect(answer).to_contain_text("stand-in: extractive")


@pytest.mark.parametrize("name", READMES)
def test_the_whole_name_of_a_deployment_finds_nothing(ui: Ui, name: str) -> None:
    """As the README says: when Prefect's search learns it, the step can be made shorter."""
    says, page = step(name), ui.page
    ui.choose(says["menu"])
    search = page.get_by_placeholder(says["field"])
    search.fill(says["typed"])
    rows = page.get_by_role("link", name=says["row"], exact=True)
    expect(rows).to_have_count(1)

    search.fill(says["whole"])

    expect(rows).to_have_count(0)
