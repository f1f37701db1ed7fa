"""The pages of Prefect's UI that a person walks through, one small class each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Locator, Page, expect

from domain.keys import artifact_key
from sandbox.settings import PROJECT_ID
from tests.browser.forms import Field

FINAL = "Completed|Failed|Crashed|Cancelled"
ANY_STATE = re.compile(
    rf"^(?:{FINAL}|Scheduled|Late|Pending|Submitting|InfrastructurePending|Running|Retrying|AwaitingRetry"
    "|AwaitingConcurrencySlot|Paused|Suspended|Resuming|Cancelling)$"
)
ENDS_WITHIN_MS = 120_000
Picture = Callable[..., None]
"""Keeps what a page shows under a name: the fixture `picture`."""


@dataclass(frozen=True)
class Ui:
    """The UI at its front door, with the menu on the left."""

    page: Page
    url: str

    def choose(self, entry: str) -> None:
        """Choose an entry of the menu."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name=entry, exact=True).click()

    def open_deployment(self, flow: str, name: str = "sandbox") -> "DeploymentPage":
        """Find the deployment `flow/name` in the list and open it."""
        self.choose("Deployments")
        self.page.get_by_placeholder("Search deployments").fill(flow)
        row = self.page.get_by_role("row").filter(has=self.page.get_by_text(flow, exact=True))
        row.get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_url("**/deployments/deployment/**")
        return DeploymentPage(self.page)

    def new_block(self, kind: str) -> "BlockForm":
        """Open the form of a new block of this kind."""
        self.choose("Blocks")
        self.page.locator("a[href$='/blocks/catalog']").first.click()
        self.page.wait_for_url("**/blocks/catalog")
        self.page.locator(f"xpath=//h4[normalize-space() = '{kind}']/following::a[. = 'Create'][1]").click()
        self.page.wait_for_url("**/create")
        return BlockForm(self.page)

    def open_run(self, name: str) -> "RunPage":
        """Find a run among the newest and open it."""
        self.choose("Runs")
        return RunPage.open(self.page, name)


@dataclass(frozen=True)
class DeploymentPage:
    """A deployment."""

    page: Page

    def custom_run(self) -> "RunForm":
        """Choose a run with parameters of its own."""
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Custom run").click()
        self.page.get_by_role("button", name="Submit").wait_for()
        return RunForm(self.page)


@dataclass(frozen=True)
class RunForm:
    """The form of a custom run."""

    page: Page

    @property
    def parameters(self) -> Field:
        """Its parameters."""
        return Field(self.page.locator("form"))

    def submit(self, name: str) -> "RunPage":
        """Name the run, start it, and open its page."""
        self.page.get_by_label("Run Name").fill(name)
        self.page.get_by_role("button", name="Submit").click()
        self.page.get_by_role("tab", name="Upcoming").wait_for()
        return RunPage.open(self.page, name)


@dataclass(frozen=True)
class BlockForm:
    """The form of a new block."""

    page: Page

    @property
    def fields(self) -> Field:
        """Its fields."""
        return Field(self.page.locator("form"))

    def name(self, name: str) -> None:
        """Name the block."""
        self.page.get_by_label("Name", exact=True).fill(name)

    def save(self) -> None:
        """Save it and return when its page is shown."""
        self.page.get_by_role("button", name=re.compile("Save|Create")).click()
        self.page.wait_for_url("**/blocks/block/**")


@dataclass(frozen=True)
class RunPage:
    """A run of a flow."""

    page: Page
    name: str

    @classmethod
    def open(cls, page: Page, name: str) -> Self:
        """Open it from a list of runs."""
        page.get_by_role("link", name=name, exact=True).first.click()
        page.get_by_label("breadcrumb").filter(has_text=name).first.wait_for()
        return cls(page, name)

    def wait_for(self, state: str) -> None:
        """Return when the run is in this state; it must not end in another."""
        own = self.page.get_by_text(ANY_STATE).first  # those of its steps come after it
        expect(own).to_have_text(re.compile(rf"^(?:{FINAL}|{state})$"), timeout=ENDS_WITHIN_MS)
        expect(own).to_have_text(state)

    def open_tab(self, name: str) -> Locator:
        """Open one of the tabs under the graph and return what is in it."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self.page.get_by_role("tabpanel", name=name, exact=True)

    def artifact(self, kind: str, name: str, owner_id: str = PROJECT_ID) -> Locator:
        """Open the artifact of this kind about a stack or resource that this run made, and return what it shows."""
        key = artifact_key(kind, owner_id, name)
        self.page.reload()  # an open page may not ask for the artifacts that a run makes at its end
        cards = self.open_tab("Artifacts").locator("a[href*='/artifacts/artifact/']")
        cards.filter(has=self.page.get_by_role("heading", name=key, exact=True)).first.click()
        self.page.wait_for_url("**/artifacts/artifact/**")
        return self.page.get_by_role("tabpanel", name="Artifact")

    def resume(self) -> "ResumeDialog":
        """Open the form that a paused run waits for."""
        self.page.get_by_role("button", name="Open menu").first.click()
        self.page.get_by_role("menuitem", name="Resume").click()
        return ResumeDialog(self.page.get_by_role("dialog"))


@dataclass(frozen=True)
class ResumeDialog:
    """What a paused run asks."""

    root: Locator

    @property
    def fields(self) -> Field:
        """Its fields."""
        return Field(self.root)

    def press_resume(self) -> None:
        """Answer; what is missing is said, and the dialog stays."""
        self.root.get_by_role("button", name="Resume").click()

    def submit(self) -> None:
        """Answer, and return when the dialog has gone."""
        self.press_resume()
        self.root.wait_for(state="hidden")
