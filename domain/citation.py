"""What an answer rests on, from its text alone: the sources that it quotes, and whether it says that there is none."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from domain.same_text import plain

QUOTED_CHARACTERS = 40
"""A stretch of a chunk as long as this in the answer is a quotation, whatever the answer names."""

_DENIAL = re.compile(
    r"\bответа (?:[\w ]+ )?нет\b|\bнет (?:ответа|информации|сведений|данных)\b"
    r"|\bне (?:содерж\w+|нашл\w+|найден\w*|отвеча\w+|указан\w*)\b.*\b(?:ответ|информаци|сведени|вопрос)\w*"
    r"|\bdo(?:es)? not (?:answer|contain|mention|say)\b|\b(?:no|not enough) (?:answer|information)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s")
_LETTERS = {"Cyrillic": re.compile("[а-яё]"), "Latin": re.compile("[a-z]")}


def denies(answer: str) -> bool:
    """Say whether the answer begins by saying that the passages do not hold it; a reading of its words, no proof."""
    return bool(_DENIAL.search(_SENTENCE_END.split(answer.strip(), maxsplit=1)[0]))


def quoted_sources(answer: str, chunks: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the sources of `chunks`, each a source and its text, that the answer names or repeats, in their order.

    An answer that denies quotes only what it repeats: a file that it names is one that was looked at.
    """
    said, refused = plain(answer), denies(answer)
    found = [
        source
        for source, text in chunks
        if _repeats(said, plain(text)) or (not refused and plain(PurePosixPath(source).name) in said)
    ]
    return tuple(dict.fromkeys(found))


def other_script(question: str, texts: Sequence[str]) -> str:
    """Say in a sentence that the question is written in other letters than the texts; empty when it is not."""
    asked, read = _script(question), _script(" ".join(texts))
    if not asked or not read or asked == read:
        return ""
    return (
        f"The question is written in {asked} letters and the passages found in {read} ones: if the answer does not "
        "fit, ask in the language of the documents."
    )


def _repeats(said: str, text: str) -> bool:
    """Say whether a stretch of that length, or all of a shorter text, stands in both."""
    starts = range(max(1, len(text) - QUOTED_CHARACTERS + 1))
    return bool(text) and any(text[start : start + QUOTED_CHARACTERS] in said for start in starts)


def _script(text: str) -> str:
    """Return which letters most of a text has; empty for one without any."""
    counts = {name: len(letters.findall(text.lower())) for name, letters in _LETTERS.items()}
    most = max(counts, key=lambda name: counts[name])
    return most if counts[most] else ""
