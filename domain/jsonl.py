"""JSON lines that people write: each line one object of a model, each fault one line that names its place."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def parsed(text: str, place: str, model: type[Model], *, line: str = "") -> tuple[list[tuple[int, Model]], list[str]]:
    """Return each object with its line, from 1, and the faults; blank lines are passed over.

    `line` names the field of the model, if any, that takes the number.
    """
    *first, last = (name for name in model.model_fields if name != line)
    keys = f"{', '.join(first)} and {last}"
    found: list[tuple[int, Model]] = []
    faults: list[str] = []
    for number, content in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not content.strip():
            continue
        try:
            found.append((number, model.model_validate(_object(content, keys) | ({line: number} if line else {}))))
        except ValidationError as error:
            faults.append(f"{place}, line {number}: {said(error)}")
        except ValueError as error:
            faults.append(f"{place}, line {number}: {error}")
    if not found and not faults:
        faults.append(f"{place} holds nothing: write one JSON object with {keys} a line")
    return found, faults


def said(error: ValidationError) -> str:
    """Return what is wrong with an object in one line: each field once, by the fault that lies deepest in it."""
    places = {fault["loc"]: fault["msg"].removeprefix("Value error, ") for fault in error.errors()}
    deepest = [one for one in places if not any(other != one and other[: len(one)] == one for other in places)]
    return "; ".join(": ".join(filter(None, (".".join(map(str, one)), places[one]))) for one in deepest)


def _object(content: str, keys: str) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"is not JSON ({reason}); write one object a line") from error
    if not isinstance(value, dict):
        raise ValueError(f"is not a JSON object with {keys}")  # noqa: TRY004  # a fault of the file
    return value
