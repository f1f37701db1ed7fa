"""JSON lines that people write: each line one object of a model, each fault one line that names its place."""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
BYTE_ORDER_MARK = "\ufeff"
OVER_LINES = frozenset({"[", "]", "{", "}", "},", "[{", "}]"})
"""Lines of an array, or of an object that is written for reading."""
KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
WRITE = {
    "string_type": "write it in quotes",
    "tuple_type": 'write a list, ["..."]',
    "list_type": 'write a list, ["..."]',
}
"""What to do about a fault of pydantic's, by its type."""
NOT_JSON = {
    "Extra data": "the object ends, and something follows it",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing after a key",
    "Expecting value": "a value is missing; texts stand in double quotes",
    "Illegal trailing comma before end of array": "a comma stands before ]",
    "Illegal trailing comma before end of object": "a comma stands before }",
    "Invalid \\escape": "a backslash in a text is written twice",
    "Invalid \\uXXXX escape": "\\u lacks its four digits",
    "Invalid control character at": "a text has a tab or another control character, which is written \\t",
    "Unterminated string starting at": "a text is not closed by a double quote",
}
"""Messages of Python's reader in words of JSON."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written, with keys that stand in it twice."""


def parsed(text: str, place: str, model: type[Model], *, line: str = "") -> tuple[list[tuple[int, Model]], list[str]]:
    """Return each object with its line, from 1, and the faults; blank lines are passed over.

    `line` names the field of the model, if any, that takes the number; a line of the file does not have it.
    """
    keys = tuple(name for name in model.model_fields if name != line)
    found: list[tuple[int, Model]] = []
    faults: list[str] = []
    for number, content in enumerate(text.split("\n"), start=1):
        written = content.removeprefix(BYTE_ORDER_MARK)  # in the middle where two files were joined
        if not written.strip():
            continue
        try:
            found.append((number, _read(written, model, keys, {line: number} if line else {})))
        except ValueError as error:
            faults.append(f"{place}, line {number}: {error}")
    if not found and not faults:
        faults.append(f"{place} holds nothing: write one JSON object with {_and(keys)} a line")
    return found, faults


def keys_twice(text: str | bytes) -> list[str]:
    """Return the keys that stand twice in one object of a text that is JSON: readers take the last without a word."""
    return list(dict.fromkeys(_twice(json.loads(text, object_pairs_hook=_Pairs))))


def kind_of(value: Any) -> str:
    """Return what a value of JSON is, in words."""
    return KINDS.get(type(value), "null")


def _read(written: str, model: type[Model], keys: Sequence[str], also: dict[str, int]) -> Model:
    row = _object(written, keys)
    if strange := [key for key in row if key in also]:
        raise ValueError(f"{strange[0]} {_not_read(strange[0], keys)}")
    try:
        return model.model_validate(row | also)
    except ValidationError as error:
        raise ValueError(_in_words(error, row, keys)) from error


def _in_words(error: ValidationError, row: dict[str, Any], keys: Sequence[str]) -> str:
    """Return what is wrong with an object in one line, in words of JSON: each place once, the deepest of them."""
    said: dict[tuple[str | int, ...], str] = {}
    for fault in error.errors():
        said.setdefault(_path(fault, row), _fault(fault, keys))
    deepest = [one for one in said if not any(other != one and other[: len(one)] == one for other in said)]
    return "; ".join(f"{_spelled(one)}{said[one]}" for one in deepest)


def _fault(fault: ErrorDetails, keys: Sequence[str]) -> str:
    value, kind = fault["input"], fault["type"]
    if kind == "missing":
        return " is missing"
    if kind == "extra_forbidden":
        return f" {_not_read(str(fault['loc'][-1]), keys)}"
    if kind == "value_error":
        return f": {fault['msg'].removeprefix('Value error, ')}"
    if kind == "too_short":
        return " is an empty list; name at least one"
    return f" is {kind_of(value)}; {WRITE.get(kind, fault['msg'])}"


def _not_read(key: str, keys: Sequence[str]) -> str:
    alike = get_close_matches(key, keys, 1)
    meant = f"is {alike[0]} meant?" if alike else "leave it out."
    return f"is a key that is not read; {meant} An object has {_and(keys)}"


def _path(fault: ErrorDetails, row: dict[str, Any]) -> tuple[str | int, ...]:
    """Return the place of a fault in the object, without the names that pydantic gives to the members of a union."""
    path: list[str | int] = []
    value: Any = row
    for place in fault["loc"]:
        if isinstance(value, dict) and (place in value or fault["type"] == "missing"):
            path.append(place)
            value = value.get(place)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # of JSON
        elif isinstance(value, list) and isinstance(place, int):
            path.append(place)
            value = value[place]  # pyright: ignore[reportUnknownVariableType]  # of JSON
    return tuple(path)


def _spelled(path: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _and(keys: Sequence[str]) -> str:
    *first, last = keys
    return f"{', '.join(first)} and {last}" if first else last


def _object(content: str, keys: Sequence[str]) -> dict[str, Any]:
    try:
        value = json.loads(content)
        twice = keys_twice(content)
    except RecursionError as error:
        raise ValueError("is not JSON (it is nested too deeply); write one object a line") from error
    except json.JSONDecodeError as error:
        reason = NOT_JSON.get(error.msg, error.msg)
        several = ", not over several" if content.strip() in OVER_LINES else ""
        raise ValueError(
            f"is not JSON: at character {error.pos + 1} {reason}; write one object a line{several}"
        ) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise ValueError(f"is not JSON ({error}); write one object a line") from error
    if not isinstance(value, dict):
        raise ValueError(f"is {kind_of(value)} and not an object with {_and(keys)}")  # noqa: TRY004  # a fault of the file
    if twice:
        raise ValueError(f"has the key {twice[0]} twice; keep one")
    return value


def _twice(value: Any) -> Iterator[str]:
    if isinstance(value, _Pairs):
        keys = [key for key, _ in value]
        yield from (key for place, key in enumerate(keys) if key in keys[:place])
        for _, each in value:
            yield from _twice(each)
    elif isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]  # of JSON
            yield from _twice(each)
