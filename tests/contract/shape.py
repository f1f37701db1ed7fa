"""Shapes of messages: which keys they have, and which type each value is of; and `$name` filled in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

NAME = re.compile(r"\$[a-z_]+(-[a-z]+)?")
ANY_KEYS = "$any"
"""A key of a published object that may hold any keys."""


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a request or call with its names filled in; an unknown name is left."""
    if isinstance(value, str):
        return NAME.sub(lambda found: names.get(found[0].removeprefix("$"), found[0]), value)
    if isinstance(value, list):
        return [filled(each, names) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in cast("dict[str, Any]", value).items()}
    return value


def at(value: Any, path: str) -> Any:
    """Return what stands at `a.0.b`."""
    for part in path.split("."):
        value = value[int(part)] if part.isdecimal() else value[part]
    return value


def missing(published: Any, seen: Any, path: str = "") -> Iterator[str]:
    """Yield what the published message has and the seen one has not, or has of another type."""
    if isinstance(published, dict) and isinstance(seen, dict):
        wanted, got = cast("dict[str, Any]", published), cast("dict[str, Any]", seen)
        for key, value in wanted.items():
            if value is None or key == ANY_KEYS:
                continue
            if key not in got:
                yield f"{path}.{key}"
            else:
                yield from missing(value, got[key], f"{path}.{key}")
    elif isinstance(published, list) and isinstance(seen, list):
        entries = cast("list[Any]", published)
        for each in cast("list[Any]", seen):
            yield from missing(entries[0], each, f"{path}[]") if entries else ()
    elif not _same_type(published, seen):
        yield f"{path} is {type(seen).__name__}, published {type(published).__name__}"


def keys(content: Any, path: str = "") -> set[str]:
    """Return every key with its place; null is a key that is left out, and `$any` stands for all below its object."""
    if isinstance(content, dict):
        entries = {key: value for key, value in cast("dict[str, Any]", content).items() if value is not None}
        return {f"{path}.{key}" for key in entries}.union(
            *(keys(value, f"{path}.{key}") for key, value in entries.items())
        )
    if isinstance(content, list):
        return set[str]().union(*(keys(value, f"{path}[]") for value in cast("list[Any]", content)))
    return set()


def unpublished(seen: Any, *published: Any) -> set[str]:
    """Return the keys of a message that no published one has."""
    known = set[str]().union(*map(keys, published))
    free = tuple(key.removesuffix(ANY_KEYS) for key in known if key.endswith(f".{ANY_KEYS}"))
    return {key for key in keys(seen) - known if not key.startswith(free or ("\0",))}


def _same_type(published: Any, seen: Any) -> bool:
    if isinstance(published, bool) or isinstance(seen, bool):
        return type(published) is type(seen)
    if isinstance(published, float):
        return isinstance(seen, int | float)
    return published is None or type(published) is type(seen)
