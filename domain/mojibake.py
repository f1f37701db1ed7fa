"""Text that is valid and cannot be read: it was read in a wrong encoding before it was saved, or is UTF-7.

Named only where it leaves no doubt: what comes of the reversed conversion must be Russian words, and long ones, because
«à» alone in French is a Russian word in windows-1251 too.
"""

import codecs
import re

from domain.encodings import FREQUENT_SHARE, LEAD, RUSSIAN, SOUND_SHARE, russian_share

READ_AS = {"windows-1252": "cp1252", "iso-8859-1": "latin-1", **RUSSIAN}
"""Encodings in which programs read what they take for their own, as iconv names them, and Python."""
WRITTEN = {"utf-8": "utf-8", **RUSSIAN}
LONG_WORD = re.compile("[А-Яа-яЁё]{4,}")
LONG_WORDS_MIN = 2
UTF7_RUN = re.compile(r"\+[A-Za-z0-9+/]{3,}")
UTF7_LETTERS_MIN = 6
LAST_ALPHABET = 0x5FF
"""The last letter of Latin, Greek, Cyrillic, Armenian and Hebrew."""


def read_wrongly(text: str) -> tuple[str, str]:
    """Return (in what a Russian text was written, as what it was read), iconv's names; empty when that is not sure."""
    if text.isascii() or russian_share(text):
        return "", ""
    found: dict[str, tuple[str, str]] = {}
    for read, read_codec in READ_AS.items():
        for written, codec in WRITTEN.items():
            if codec != read_codec and (original := _reversed(text, read_codec, codec)):
                found.setdefault(original, (written, read))
    shares = sorted((russian_share(original), original) for original in found)
    if not shares or (len(shares) > 1 and shares[-1][0] - shares[-2][0] < LEAD):
        return "", ""
    return found[shares[-1][1]]


def is_utf7(text: str) -> bool:
    """Say whether an ASCII text is UTF-7: each of its runs between + and - is letters of an alphabet."""
    if not text.isascii() or not UTF7_RUN.search(text):
        return False
    try:
        read = codecs.getincrementaldecoder("utf-7")().decode(text.encode())
    except UnicodeDecodeError:
        return False
    others = [char for char in read if not char.isascii() and not char.isspace()]
    letters = [char for char in others if char.isalpha() and ord(char) <= LAST_ALPHABET]
    return len(letters) >= UTF7_LETTERS_MIN and len(letters) >= SOUND_SHARE * len(others)


def _reversed(text: str, read: str, written: str) -> str:
    """Return what was written, empty when it is not Russian; a character that the piece has cut is left out."""
    try:
        original = codecs.getincrementaldecoder(written)().decode(text.encode(read))
    except UnicodeError:
        return ""
    is_russian = len(LONG_WORD.findall(original)) >= LONG_WORDS_MIN and russian_share(original) >= FREQUENT_SHARE
    return original if is_russian else ""
