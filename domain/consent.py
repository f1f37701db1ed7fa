"""What a run does only when a person has allowed it, decided from names alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from clouds.same_name import composed

MANY = 5
FEW_IN = 5
"""Up to five documents, or up to one in five, are deleted without a question."""
NAMED = 5
"""So many documents are named."""


@dataclass(frozen=True)
class Allowed:
    """What a person has allowed a run, by the names of its parameters without `allow_`."""

    replace: bool = False
    empty: bool = False
    many_deletions: bool = False
    other_reading: bool = False


def deletions_not_allowed(
    missing: Sequence[str], held: int, empty: Sequence[str], folder: str, allowed: Allowed
) -> list[str]:
    """Return one line for each reason not to delete `missing`, which are keys; `held` is what `folder` holds now.

    `empty` are folders among the documents that are there and hold nothing, by their names below `folder`.
    """
    lines: list[str] = []
    for name in empty if not allowed.empty else ():
        below = [key for key in missing if composed(key).startswith(composed(f"{folder}{name}/"))]
        if name and below:
            lines.append(
                f"the folder {name} holds nothing, and delete_missing would delete what came from it, {listed(below)}: "
                "a disk that is not mounted looks so. Remove the folder, or set allow_empty=true if that is meant"
            )
    if len(missing) > MANY and len(missing) * FEW_IN > held and not allowed.many_deletions:
        lines.append(
            f"delete_missing would delete {len(missing)} of the {held} documents in {folder}, more than a fifth: "
            f"{listed(missing)}. Correct documents, or set allow_many_deletions=true if that is meant"
        )
    return lines


def listed(names: Sequence[str]) -> str:
    """Return how many there are, and the first of them."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)}: {', '.join(names[:NAMED])}{more}"
