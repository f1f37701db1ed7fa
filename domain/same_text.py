"""What is equal to a reader: texts, phrases, names and sources are compared here and nowhere else.

NFC and not NFKC, which takes 10² for 102 and ½ for 1⁄2; of what NFKC does only the half and full width of one
character are taken over. Letters that are joined in print (ﬁ) are parted by the folding of case.
"""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from unicodedata import normalize

from clouds.same_name import composed, same_name

__all__ = ["as_seen", "has_phrase", "is_blank", "is_meant", "meant", "plain", "same_name", "same_text"]

INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls that are no white space
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""As ranges of a regular expression: controls, Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt of
Unicode 16: soft hyphen, zero width, bidi marks, BOM, variation selectors, ...) and the marks of annotations."""
_INVISIBLE = re.compile(rf"\u00ad[ \t]*\r?\n[ \t]*|[{INVISIBLE}]")
"""A soft hyphen at the end of a line goes with the line's end: it has cut a word in two."""
_SEEN = re.compile(rf"[^\s{INVISIBLE}]")
_UNUSUAL = re.compile("[^\t\n\r -~\u00a0«»А-яЁё–—“”„…№]")
"""A text without such a character has nothing invisible and nothing to compose: most texts are done in a moment."""
_SHAPES = {code: normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFFEF)} | dict.fromkeys((0x2010, 0x2011), "-")
"""Half and full width, and the hyphens that look like the usual one."""
_SHAPED = re.compile("[\u2010\u2011\uff01-\uffee]")
_NUMBER = re.compile(
    r"(?:\d{1,3}(?:[ .,'’]\d{3})+(?!\d)(?:[.,]\d+)?"  # 10 000 or 1,000.5
    r"|(?<!\d[.,])\d+[.,]\d+(?![.,]?\d)|\d+)"  # 10,5 or 2010
    r"[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2150-\u215e]*"  # 10² or 10½
)
"""A number as it is read; the parts of a date or of a list (`14.05.2026`, `10,20,30`) are numbers of their own."""


def plain(text: str) -> str:
    """Return the text as it is compared: entities of HTML resolved, nothing invisible, one case, one space, ё as е."""
    shown = unescape(text) if "&" in text else text
    if not _UNUSUAL.search(shown):
        return " ".join(shown.lower().replace("ё", "е").split())
    seen = _INVISIBLE.sub("", shown)
    if _SHAPED.search(seen):
        seen = seen.translate(_SHAPES)
    folded = normalize("NFC", normalize("NFC", seen).casefold())
    return " ".join(folded.replace("ё", "е").split())


def as_seen(text: str) -> str:
    """Return the text as a reader sees it, capital letters and all: for ids, in which those tell one from another."""
    return " ".join(normalize("NFC", _INVISIBLE.sub("", text)).split())


def same_text(one: str, other: str) -> bool:
    """Say whether a reader takes one for the other: `ЕЩЁ  раз` is `еще раз`; й is never и."""
    return plain(one) == plain(other)


def is_blank(text: str) -> bool:
    """Say whether a reader sees nothing of a text, however long it is."""
    first = _SEEN.search(text)
    return not first or (first[0] == "&" and not plain(text))


def has_phrase(text: str, phrase: str | Sequence[str]) -> bool:
    """Say whether a text has a phrase, or one of several that mean the same.

    A phrase neither begins nor ends inside a number: `10` is not in `2010`, `10,5` or `10 000`. A blank one is nowhere.
    """
    read = plain(text)
    numbers: list[tuple[int, int]] | None = None
    for wanted in map(plain, [phrase] if isinstance(phrase, str) else phrase):
        begin = read.find(wanted) if wanted else -1
        while begin >= 0:
            if not (wanted[0].isdigit() or wanted[-1].isdigit()):
                return True
            numbers = [match.span() for match in _NUMBER.finditer(read)] if numbers is None else numbers
            ends = [begin] * wanted[0].isdigit() + [begin + len(wanted)] * wanted[-1].isdigit()
            if not any(first < end < last for first, last in numbers for end in ends):
                return True
            begin = read.find(wanted, begin + 1)
    return False


def is_meant(source: str, document: str) -> bool:
    """Say whether a source means a document: by as much of its path as is given, `kz/faq.txt` or `faq.txt`."""
    wanted = _parts(source)
    return bool(wanted) and _parts(document)[-len(wanted) :] == wanted


def meant(sources: Iterable[str], documents: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the documents that each source means, in their order; none, or several of a name that stands alone."""
    by_name: dict[str, list[str]] = {}
    for document in documents:
        by_name.setdefault("".join(_parts(document)[-1:]), []).append(document)
    return {
        source: tuple(one for one in by_name.get("".join(_parts(source)[-1:]), ()) if is_meant(source, one))
        for source in sources
    }


def _parts(path: str) -> list[str]:
    return [part for part in composed(path).split("/") if part not in {"", "."}]
