"""Pages of lists: `page_size`, `page_token`, `next_page_token`."""

import base64
from collections.abc import Sequence
from typing import Protocol, TypeVar

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from sandbox.yandex.refusal import YandexRefusal

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
Item = TypeVar("Item")


class Dated(Protocol):
    """A message with an id and the time of its making."""

    @property
    def id(self) -> str:
        """What it is found by."""
        ...

    @property
    def created_at(self) -> Timestamp:
        """When it was made."""
        ...


DatedItem = TypeVar("DatedItem", bound=Dated)


def page_of(
    items: Sequence[Item], page_size: int, page_token: str, *, last_is_empty: bool = True
) -> tuple[list[Item], str]:
    """Return a page and the token of the next one, empty after the last; refuse with INVALID_ARGUMENT.

    The last page is one without items: the vendor's SDK reads tunings, files and indexes until it meets one, and would
    begin again with an empty token (yandex-ai-studio-sdk 0.22.1, read 2026-11-22).
    """
    _check(page_size)
    try:
        start = int(base64.urlsafe_b64decode(page_token)) if page_token else 0
    except ValueError as error:
        raise _not_returned() from error
    end = start + (page_size or DEFAULT_PAGE_SIZE)
    page = list(items[start:end])
    goes_on = bool(page) if last_is_empty else end < len(items)
    return page, base64.urlsafe_b64encode(str(end).encode()).decode() if goes_on else ""


def newest_first(items: Sequence[DatedItem], page_size: int, page_token: str) -> tuple[list[DatedItem], str]:
    """Return a page of files, indexes or files of an index, newest first, and the token of the next one.

    As recorded: the token names time and id of the page's last item, so what is made or deleted between two pages moves
    nothing; the last page is one without items. Refuses with INVALID_ARGUMENT.
    """
    _check(page_size)
    ordered = sorted(items, key=_mark, reverse=True)
    if page_token:
        try:
            after = base64.b64decode(page_token, validate=True).decode()
            ordered = [item for item in ordered if _mark(item) < after]
        except ValueError as error:
            raise _not_returned() from error
    page = ordered[: page_size or DEFAULT_PAGE_SIZE]
    return page, base64.b64encode(_mark(page[-1]).encode()).decode() if page else ""


def _mark(item: Dated) -> str:
    made_at = item.created_at.ToDatetime().isoformat(timespec="microseconds")
    return f"{made_at}@{item.id}"


def _check(page_size: int) -> None:
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, f"page_size: {page_size} is not 0 to {MAX_PAGE_SIZE}")


def _not_returned() -> YandexRefusal:
    return YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, "page_token: not one that a list returned")
