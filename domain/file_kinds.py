"""Which files of a folder are read and which are passed over, by their extensions, in words."""

from collections import Counter
from collections.abc import Sequence

from clouds.cloudru.specs import DOCUMENT_EXTENSIONS, EXTENSIONS_OF_KINDS, KnowledgeBaseSpec


def counted(extensions: Counter[str]) -> str:
    """Return how many files there are of each extension, most frequent first."""
    return ", ".join(f"{count} {extension or 'without extension'}" for extension, count in extensions.most_common())


def passed_over(extensions: Counter[str]) -> str:
    """Return how many files of which extensions are passed over, and what to set to read those that can be read."""
    known = [extension for extension in DOCUMENT_EXTENSIONS if extension in extensions]
    others = [extension for extension in extensions if extension and extension not in known]
    lines = [f"{extensions.total()} of other extensions are not read: {counted(extensions)}"]
    if known:
        kinds = _kinds_that_read(known)
        lines.append(
            f"to read {', '.join(known)} set kinds of the knowledge base to {kinds}, or name them in its extensions"
        )
    if others:
        lines.append(f"{', '.join(others)} cannot be read: save them as one of {', '.join(DOCUMENT_EXTENSIONS)}")
    return "; ".join(lines)


def marks(spec: KnowledgeBaseSpec) -> str:
    """Return which extensions of the knowledge base are confirmed on Cloud.ru, and which are not."""
    unsure = spec.not_confirmed
    sure = [extension for extension in spec.extensions if extension not in unsure]
    parts = (("confirmed on Cloud.ru", sure), ("not confirmed", unsure))
    return "; ".join(f"{what}: {', '.join(extensions)}" for what, extensions in parts if extensions)


def _kinds_that_read(extensions: Sequence[str]) -> str:
    return next(kinds for kinds, read in EXTENSIONS_OF_KINDS.items() if set(extensions) <= set(read))
