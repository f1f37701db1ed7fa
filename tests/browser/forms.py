"""A form that Prefect's UI draws from a JSON schema: parameters, a block, the question of a paused run."""

import re
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Locator

CODE_LABEL = re.compile(r"\w_\w|[A-Z][a-z]+[A-Z][a-z]+|^(?:str|int|float|None|null|string)$|\b(?:Id|Gb|Url|Llm)\b")
"""Labels that nobody has written: `lock_wait_s`, `InferenceSpec`, "Gpu Memory Gb", "None"."""


@dataclass(frozen=True)
class Field:
    """A field of a form, or all of it; a model is a field with fields inside it."""

    root: Locator

    def field(self, title: str) -> Self:
        """Return the first field inside it under this title."""
        titles = f"normalize-space() = '{title}' or normalize-space() = '{title} (Optional)'"
        return type(self)(self.root.locator(f"xpath=.//div[./div/div/label[{titles}]]").first)

    def fill(self, text: str) -> None:
        """Replace what it holds."""
        self.root.locator("textarea, input").first.fill(text)

    def choose(self, kind: str) -> None:
        """Choose one of the kinds that it may be of."""
        self.root.get_by_role("tab", name=kind, exact=True).first.click()

    def pick(self, name: str) -> None:
        """Pick one of the blocks that there are."""
        self.root.get_by_role("button", name="Select a block").click()
        self.root.page.get_by_role("option", name=name, exact=True).click()

    def switch(self) -> None:
        """Turn a switch that is off on, or the other way round."""
        self.root.get_by_role("switch").first.click()

    def add(self, text: str) -> None:
        """Add an item to a list."""
        self.root.get_by_role("button", name="Add item").click()
        self.root.locator("textarea").last.fill(text)

    def labels(self) -> list[str]:
        """Return every label and every name of a choice inside it, as written."""
        return self.root.locator("label, [role=tab]").all_inner_texts()

    def json_editors(self) -> Locator:
        """Return the fields in which JSON has to be written."""
        return self.root.locator(".cm-editor")
