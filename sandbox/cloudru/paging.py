"""Pages of Managed RAG's lists: `page_size`, `page_token`, `order_by`."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.errors import GrpcCode, RpcError

MAX_PAGE_SIZE = 100
Item = TypeVar("Item")


def page_of(items: Sequence[Item], page_size: int, page_token: str) -> tuple[list[Item], str]:
    """Return a page and the token of the next one, empty after the last; refuse with 400."""
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, f"page_size {page_size}: take 1 to {MAX_PAGE_SIZE}")
    try:
        start = int(base64.urlsafe_b64decode(page_token)) if page_token else 0
    except ValueError as error:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, "page_token is not one that a list returned") from error
    end = start + page_size
    return list(items[start:end]), base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else ""


def ordered(
    items: Sequence[Item], field: str, direction: str, *, prefix: str, keys: dict[str, Callable[[Item], Any]]
) -> list[Item]:
    """Return the items by a field of `keys`; the wire's names begin with `prefix`, empty means as they are."""
    if not field and not direction:
        return list(items)
    name = field.removeprefix(prefix) or "CREATED_AT"
    if name not in keys or direction not in ("", f"{prefix}ASC", f"{prefix}DESC"):
        raise RpcError(GrpcCode.INVALID_ARGUMENT, f"order_by {field} {direction}: take one of {', '.join(keys)}")
    return sorted(items, key=keys[name], reverse=direction.endswith("DESC"))
