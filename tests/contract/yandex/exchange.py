"""Recorded exchanges: requests and answers that neither the client nor the sandbox imports, and how they are compared.

In a recorded value `$name` stands for an id, the same at each place; `$time`, `$number`, `$float`, `$url` and `$any`
for any value of that sort; a list of the one entry `$float*N` for N numbers. All other values are compared as they are.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).parent / "exchanges"
SORTS = {
    "$time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "$number": r"\d+",
    "$float": r"-?\d.*",
    "$url": r"https?://\S+",
    "$any": r"(?s).*",
}
NAME = re.compile(r"\$[a-z]+\d*")
FLOATS = re.compile(r"\$float\*(\d+)")


def exchanges(name: str) -> list[dict[str, Any]]:
    """Return the exchanges of a file, in their order: `call`, `request`, `response`."""
    recorded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert recorded["source"]
    assert recorded["mark"] in {"CONFIRMED", "INFERRED"}
    assert recorded["read"] == "2026-11-30"
    return recorded["exchanges"]


class Names:
    """What each `$name` stands for so far."""

    def __init__(self, **known: str) -> None:
        self.known = {f"${name}": value for name, value in known.items()}

    def fill(self, recorded: Any) -> Any:
        """Return a recorded value with the known names filled in."""
        if isinstance(recorded, str):
            return NAME.sub(lambda name: self.known.get(name[0], name[0]), recorded)
        if isinstance(recorded, list):
            return [self.fill(each) for each in cast("list[Any]", recorded)]
        if isinstance(recorded, dict):
            return {key: self.fill(value) for key, value in cast("dict[str, Any]", recorded).items()}
        return recorded

    def differences(self, recorded: Any, seen: Any, path: str = "") -> Iterator[str]:
        """Yield in words where `seen` is not as recorded; a name that is met first stands for what is seen there."""
        if isinstance(recorded, dict) and isinstance(seen, dict):
            told, got = cast("dict[str, Any]", recorded), cast("dict[str, Any]", seen)
            yield from (f"{path}.{key} is not there" for key in told if key not in got)
            yield from (f"{path}.{key} is not recorded" for key in got if key not in told)
            for key in told.keys() & got.keys():
                yield from self.differences(told[key], got[key], f"{path}.{key}")
        elif isinstance(recorded, list) and isinstance(seen, list):
            yield from self._of_lists(cast("list[Any]", recorded), cast("list[Any]", seen), path)
        elif not self._same(recorded, seen):
            yield f"{path} is {seen!r}, recorded {self.fill(recorded)!r}"

    def _of_lists(self, recorded: list[Any], seen: list[Any], path: str) -> Iterator[str]:
        floats = FLOATS.fullmatch(str(recorded[0])) if recorded else None
        if floats:
            if len(seen) != int(floats[1]) or not all(isinstance(each, float) for each in seen):
                yield f"{path} is not {floats[1]} numbers"
            return
        if len(recorded) != len(seen):
            yield f"{path} has {len(seen)} entries, recorded {len(recorded)}"
        for number, (told, got) in enumerate(zip(recorded, seen, strict=False)):
            yield from self.differences(told, got, f"{path}[{number}]")

    def _same(self, recorded: Any, seen: Any) -> bool:
        if not isinstance(recorded, str):
            return type(recorded) is type(seen) and recorded == seen
        if recorded in SORTS:
            return re.fullmatch(SORTS[recorded], str(seen)) is not None
        if NAME.fullmatch(recorded) and recorded not in self.known:
            self.known[recorded] = seen
        return self.fill(recorded) == seen
