"""What came of one assumption: it holds, it differs, or no answer so far tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from clouds.assumption import Assumed, registered

Verdict = Literal["holds", "differs", "cannot be told without creating"]
HOLDS: Verdict = "holds"
DIFFERS: Verdict = "differs"
UNTOLD: Verdict = "cannot be told without creating"

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Finding:
    """A verdict with its reason; `set_to` is what the block should hold where it differs."""

    verdict: Verdict
    why: str
    set_to: Any = None


Rule = Callable[[Seen, Any], Finding]
"""Takes what was seen and the value that the block holds."""


def holds(why: str) -> Finding:
    """Say that the cloud does what is assumed."""
    return Finding(HOLDS, why)


def differs(why: str, set_to: Any) -> Finding:
    """Say that the cloud does otherwise, and what value to set in the connection block: one that its field takes."""
    return Finding(DIFFERS, why, set_to)


def untold(why: str) -> Finding:
    """Say that no answer so far tells."""
    return Finding(UNTOLD, why)


def same(seen: Any, value: Any, why: str) -> Finding:
    """Say that it holds when what was seen is the value; else that is what to set."""
    return holds(why) if seen == value else differs(why, seen)


def judge(assumptions: BaseModel, rules: Mapping[str, Rule[Seen]], seen: Seen) -> list[tuple[Assumed, Finding]]:
    """Return a finding for every registered assumption, in the order of the form.

    One without a rule cannot be told. What the form would refuse as a value is no value to set.
    """
    found: list[tuple[Assumed, Finding]] = []
    for assumed in registered(assumptions):
        rule = rules.get(assumed.path)
        finding = _tried(rule, seen, assumed.value) if rule else untold("no answer that only reads shows it")
        if finding.verdict == DIFFERS and not _settable(assumptions, assumed.path, finding.set_to):
            finding = untold(f"{finding.why}; the block has no value for that: report it")
        found.append((assumed, finding))
    return found


def _tried(rule: Rule[Seen], seen: Seen, value: Any) -> Finding:
    try:
        return rule(seen, value)
    except Exception as error:  # noqa: BLE001  # the shape is not published: one that is odd spoils one row only
        return untold(f"what was answered has another shape than expected ({type(error).__name__}): report it")


def _settable(assumptions: BaseModel, path: str, value: Any) -> bool:
    content = assumptions.model_dump(mode="json")
    *groups, name = path.split(".")
    place = content
    for group in groups:
        place = place[group]
    place[name] = list(value) if isinstance(value, tuple) else value
    try:
        type(assumptions).model_validate(content)
    except ValidationError:
        return False
    return True
