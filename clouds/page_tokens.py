"""Lists that come in pages, each with the token of the next: a token that comes again is no end."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from clouds.errors import WrongAnswerError

Page = TypeVar("Page")


def every_page(ask: Callable[[str], Page], next_token: Callable[[Page], str], *, subject: str) -> Iterator[Page]:
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
