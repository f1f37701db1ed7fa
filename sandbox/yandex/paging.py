"""Pages of lists: `page_size`, `page_token`, `next_page_token`."""

import base64
from collections.abc import Sequence
from typing import TypeVar

import grpc

from sandbox.yandex.refusal import YandexRefusal

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
Item = TypeVar("Item")


def page_of(items: Sequence[Item], page_size: int, page_token: str) -> tuple[list[Item], str]:
    """Return a page and the token of the next one, empty after the last; refuse with INVALID_ARGUMENT."""
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, f"page_size: {page_size} is not 0 to {MAX_PAGE_SIZE}")
    try:
        start = int(base64.urlsafe_b64decode(page_token)) if page_token else 0
    except ValueError as error:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, "page_token: not one that a list returned") from error
    end = start + (page_size or DEFAULT_PAGE_SIZE)
    return list(items[start:end]), base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else ""
