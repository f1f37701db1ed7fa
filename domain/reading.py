"""What becomes of the documents of a folder when a version reads otherwise than the one in service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clouds.cloudru.knowledge import ReadingDifferences
from domain.consent import listed


@dataclass(frozen=True)
class ReadingChange:
    """One consequence for `documents`, which are keys; it needs a person's consent unless more is read than before."""

    extension: str
    how: str
    documents: tuple[str, ...]
    needs_consent: bool

    def __str__(self) -> str:
        return f"{self.extension} is {self.how}: {listed(self.documents)}"


def reading_changes(found: ReadingDifferences, keys: Iterable[str]) -> tuple[ReadingChange, ...]:
    """Return what changes for the documents that the folder holds or will hold; nothing where it has none concerned."""
    if not found.lines:
        return ()
    by_extension: dict[str, list[str]] = {}
    for key in sorted(keys):
        by_extension.setdefault(extension_of(key), []).append(key)
    changes = [
        *((extension, "no longer read", True) for extension in found.dropped),
        *((extension, f"read otherwise ({'; '.join(how)})", True) for extension, how in found.otherwise.items()),
        *((extension, "read from now on", False) for extension in found.added),
    ]
    return tuple(
        ReadingChange(extension, how, tuple(by_extension[extension]), needs_consent)
        for extension, how, needs_consent in changes
        if extension in by_extension
    )


def reading_not_allowed(changes: Sequence[ReadingChange], *, allowed: bool) -> list[str]:
    """Return the line that says why no version is to be built that reads less or otherwise; none when it may be."""
    asked = [change for change in changes if change.needs_consent]
    if allowed or not asked:
        return []
    line = f"a new version would not read as the one in service does: {'; '.join(map(str, asked))}. "
    return [f"{line}Give extensions and extractors as they were, or set allow_other_reading=true if that is meant"]


def extension_of(name: str) -> str:
    """Return the extension of a key or path, in lower case and without the dot; empty when it has none."""
    last = name.rpartition("/")[2].lstrip(".")
    return last.rpartition(".")[2].lower() if "." in last else ""
