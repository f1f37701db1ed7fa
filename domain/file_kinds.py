"""Which files of a folder are read and which are passed over, by their extensions, in words."""

from collections import Counter
from collections.abc import Sequence

from clouds.cloudru.specs import DOCUMENT_EXTENSIONS, EXTENSIONS_OF_KINDS, KnowledgeBaseSpec

NAMED = 8
"""So many extensions are named."""


def counted(extensions: Counter[str]) -> str:
    """Return how many files there are of each extension, most frequent first."""
    first = by_number(extensions)[:NAMED]
    said = ", ".join(f"{extensions[extension]} {extension or 'without extension'}" for extension in first)
    left = extensions.total() - sum(extensions[extension] for extension in first)
    return f"{said} and {left} of {len(extensions) - NAMED} more" if left else said


def by_number(extensions: Counter[str]) -> list[str]:
    """Return the extensions, the most frequent first, and those of one number by name."""
    return sorted(extensions, key=lambda extension: (-extensions[extension], extension))


def named(extensions: Sequence[str]) -> str:
    """Return the first extensions, and how many more there are."""
    more = f" and {len(extensions) - NAMED} more" if len(extensions) > NAMED else ""
    return f"{', '.join(extensions[:NAMED])}{more}"


def passed_over(extensions: Counter[str]) -> str:
    """Return how many files of which extensions are passed over, and what to set to read those that can be read."""
    known = [extension for extension in DOCUMENT_EXTENSIONS if extension in extensions]
    others = [extension for extension in by_number(extensions) if extension and extension not in known]
    total = extensions.total()
    one, more = "1 file of another extension is not read", f"{total} files of other extensions are not read"
    lines = [f"{one if total == 1 else more}: {counted(extensions)}"]
    if known:
        kinds = _kinds_that_read(known)
        lines.append(
            f"to read {', '.join(known)} set kinds of the knowledge base to {kinds}, or name them in its extensions"
        )
    if others:
        lines.append(f"{named(others)} cannot be read: save them as one of {', '.join(DOCUMENT_EXTENSIONS)}")
    return "; ".join(lines)


def renamed(name: str, extension: str) -> str:
    """Return what became of a document whose content now lies in a file that is not read, and what to do."""
    lies = f"its content now lies in {name}"
    if extension in DOCUMENT_EXTENSIONS:
        kinds = _kinds_that_read([extension])
        return (
            f"{lies}, and {extension} is not read: set kinds of the knowledge base to {kinds}, or name it in its "
            "extensions"
        )
    why = f"and {extension} cannot be read" if extension else "which has no extension and is not read"
    return f"{lies}, {why}: name the file as before"


def marks(spec: KnowledgeBaseSpec) -> str:
    """Return which extensions of the knowledge base are confirmed on Cloud.ru, and which are not."""
    unsure = spec.not_confirmed
    sure = [extension for extension in spec.extensions if extension not in unsure]
    parts = (("confirmed on Cloud.ru", sure), ("not confirmed", unsure))
    return "; ".join(f"{what}: {', '.join(extensions)}" for what, extensions in parts if extensions)


def _kinds_that_read(extensions: Sequence[str]) -> str:
    return next(kinds for kinds, read in EXTENSIONS_OF_KINDS.items() if set(extensions) <= set(read))
