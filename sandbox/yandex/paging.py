"""Pages of lists: `page_size`, `page_token`, `next_page_token`."""

import base64
from collections.abc import Sequence
from typing import TypeVar

import grpc

from sandbox.yandex.refusal import YandexRefusal

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
Item = TypeVar("Item")


def page_of(
    items: Sequence[Item], page_size: int, page_token: str, *, last_is_empty: bool = True
) -> tuple[list[Item], str]:
    """Return a page and the token of the next one, empty after the last; refuse with INVALID_ARGUMENT.

    The last page is one without items: the vendor's SDK reads tunings, files and indexes until it meets one, and would
    begin again with an empty token (yandex-ai-studio-sdk 0.22.1, read 2026-11-22).
    """
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, f"page_size: {page_size} is not 0 to {MAX_PAGE_SIZE}")
    try:
        start = int(base64.urlsafe_b64decode(page_token)) if page_token else 0
    except ValueError as error:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, "page_token: not one that a list returned") from error
    end = start + (page_size or DEFAULT_PAGE_SIZE)
    page = list(items[start:end])
    goes_on = bool(page) if last_is_empty else end < len(items)
    return page, base64.urlsafe_b64encode(str(end).encode()).decode() if goes_on else ""
