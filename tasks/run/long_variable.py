"""A Prefect Variable whose content may be longer than the 5000 characters that one holds.

What does not fit lies in numbered Variables beside it. Their names change with every writing and the Variable itself is
written last, so a run that dies in between leaves what was there before.
"""

import json
from typing import Any, cast

from prefect.types import MAX_VARIABLE_VALUE_LENGTH
from prefect.variables import Variable

PAGE_CHARACTERS = 2400
"""As JSON in JSON each character may become two."""
PAGES = "pages"


def read(name: str) -> Any:
    """Return what `write` has written, and any other value as it is; None when there is no such Variable."""
    value: Any = Variable.get(name)  # synchronous here, a coroutine only inside an event loop
    pages = _pages(value)
    if not pages:
        return value
    text = "".join(str(cast("Any", Variable.get(page, ""))) for page in pages)
    try:
        rest = json.loads(text)
    except ValueError:  # somebody has deleted one of them
        rest = {}
    return {**{key: content for key, content in value.items() if key != PAGES}, **rest}


def write(name: str, head: dict[str, Any], rest: dict[str, Any]) -> None:
    """Write both as one mapping, `rest` on pages of its own when they are too long together."""
    before = _pages(Variable.get(name))
    if len(json.dumps(head | rest)) <= MAX_VARIABLE_VALUE_LENGTH:
        Variable.set(name, head | rest, overwrite=True)
        pages: list[str] = []
    else:
        text, turn = json.dumps(rest), "b" if f"{name}_a1" in before else "a"
        pieces = [text[at : at + PAGE_CHARACTERS] for at in range(0, len(text), PAGE_CHARACTERS)]
        pages = [f"{name}_{turn}{number}" for number in range(1, len(pieces) + 1)]
        for page, piece in zip(pages, pieces, strict=True):
            Variable.set(page, piece, overwrite=True)
        Variable.set(name, {**head, PAGES: pages}, overwrite=True)
    _unset(before)


def forget(name: str) -> None:
    """Delete the Variable and its pages, if they are there."""
    pages = _pages(Variable.get(name))
    _unset([name, *pages])


def _pages(value: Any) -> list[str]:
    return list(map(str, value.get(PAGES, ()))) if isinstance(value, dict) else []


def _unset(names: list[str]) -> None:
    for name in names:
        Variable.unset(name)
