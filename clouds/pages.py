"""Lists that come in pages. A page that brings nothing new is no end: what is not listed may be created twice."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from clouds.errors import WrongAnswerError

Page = TypeVar("Page")
Entry = TypeVar("Entry")


def by_token(ask: Callable[[str], Page], next_token: Callable[[Page], str], *, subject: str) -> Iterator[Page]:
    """Yield the pages from the first, whose token is empty, to the one that names no next.

    Raises:
        WrongAnswerError: a token comes again, so that the list is not whole.

    """
    seen = {""}
    token = ""
    while True:
        page = ask(token)
        yield page
        token = next_token(page)
        if not token:
            return
        if token in seen:
            raise WrongAnswerError(
                f"{subject}: page {len(seen)} names a page that was read already as the next one: the list is not "
                "whole, and no ground to create or delete anything. Run again."
            )
        seen.add(token)


def by_offset(
    ask: Callable[[int], Page], entries: Callable[[Page], Mapping[str, Entry]], goes_on: Callable[[Page, int], bool]
) -> tuple[dict[str, Entry], Page]:
    """Return the entries of all pages by id, and the last page: it names no more, or brings none that is new.

    `goes_on(page, entries so far)` says whether the page names more; the caller judges whether the list is whole.
    """
    found: dict[str, Entry] = {}
    while True:
        page = ask(len(found))
        known = len(found)
        found.update(entries(page))
        if len(found) == known or not goes_on(page, len(found)):
            return found, page
