"""Which encoding a text that is not UTF-8 has, where its bytes leave no doubt: a wrong advice makes garbage of it.

Looked for are UTF-16 without a byte order mark, in any script, and the three encodings of Russian text. Short or mixed
text fits several, and guessing libraries name one all the same (charset-normalizer 3.5.2 takes «Привет» in windows-1251
for Big5): here none is named then.
"""

import codecs
import re
import unicodedata

RUSSIAN = {"windows-1251": "cp1251", "koi8-r": "koi8-r", "cp866": "cp866"}
"""As iconv names them, and Python."""
_LETTERS = re.compile(r"[^\W\d_]+")
_RUSSIAN_WORD = re.compile("[А-ЯЁІЇЄҐЎ]?[а-яёіїєґў]+|[А-ЯЁІЇЄҐЎ]+")
_USUAL_MARKS = frozenset("«»—–“”„’…№§°·•©®™€±×\u00a0")
_FREQUENT = frozenset("оеаинтсрвл")
"""Two letters of three in Russian text are among these ten."""
FREQUENT_SHARE = 0.45
SOUND_SHARE = 0.9
LEAD = 0.15
"""By so much the share of frequent letters must be above that of the next encoding."""
LETTERS_MIN = 6
_MARKS_OF_UTF16 = re.compile("[\u0001-\u007f\u3000-\u3003\uff01-\uff1f]")
"""ASCII, and the full stops and commas of China and Japan: a text of some length has them."""
_IDEOGRAPHS = (*range(0x30, 0x32), *range(0x4E, 0xA0), *range(0xAC, 0xD8))
"""Upper bytes of Chinese, Japanese and Korean; other alphabets have one to three of them."""
ALPHABETS = 3
LETTER_BYTES = 0x05
"""Upper bytes up to this are those of Latin, Greek and Cyrillic letters."""
UNLIKELY = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Unicode's controls, what is not assigned, private use, and halves."""
CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})
CONTROLS_SHARE = 0.05
UPPER_BYTES_SHARE = 0.2
"""Latin and Cyrillic text in UTF-16 is half upper bytes, which are controls, and may be UTF-8 by chance."""


def is_mostly_utf8(sample: bytes) -> bool:
    """Say whether bytes are UTF-8 but for a few that are damaged; the last character may be cut."""
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(sample)
    damaged = text.count("\ufffd")
    return damaged == 0 or sum(not char.isascii() for char in text) > 3 * damaged


def utf16_without_mark(sample: bytes) -> str:
    """Return the byte order of UTF-16, `utf-16le` or `utf-16be`, in which the bytes are text; empty when in none."""
    controls = len(sample) - len(sample.translate(None, CONTROLS))
    if is_mostly_utf8(sample) and controls < UPPER_BYTES_SHARE * len(sample):
        return ""
    marks = {order: _marks_of_text(sample, order) for order in ("utf-16le", "utf-16be")}
    best = max(marks, key=lambda order: marks[order])
    return best if min(marks.values()) < marks[best] else ""


def russian(sample: bytes) -> str:
    """Return iconv's name of the encoding in which the bytes are Russian words; empty when in none, or in several."""
    shares = {name: russian_share(sample.decode(codec, errors="replace")) for name, codec in RUSSIAN.items()}
    *_, second, first = sorted(shares.values())
    return max(shares, key=lambda name: shares[name]) if first >= FREQUENT_SHARE and first - second >= LEAD else ""


def _marks_of_text(sample: bytes, order: str) -> int:
    """Return how many usual marks a text has in this byte order; -1 when it is no text."""
    try:
        text = codecs.getincrementaldecoder(order)().decode(sample)
    except UnicodeDecodeError:
        return -1
    shown = [char for char in text if char not in "\t\n\v\f\r\ufeff"]
    letters = {ord(char) >> 8 for char in shown if unicodedata.category(char).startswith("L")}
    marks = len(_MARKS_OF_UTF16.findall(text))
    is_text = (
        letters
        and not any(unicodedata.category(char) in UNLIKELY for char in shown)
        and len(others := letters.difference(_IDEOGRAPHS)) <= ALPHABETS
        and (others <= {0} or others == letters)
        and (marks or max(letters) <= LETTER_BYTES)
    )
    return marks if is_text else -1


def russian_share(text: str) -> float:
    """Return the share of frequent letters among the Russian ones, 0 to 1; 0 when it has other than Russian words."""
    words = [word for word in _LETTERS.findall(text) if not word.isascii()]
    sound = "".join(word for word in words if _RUSSIAN_WORD.fullmatch(word)).lower()
    strange = sum(not (char.isascii() or char.isalpha() or char in _USUAL_MARKS) for char in text)
    seen = sum(map(len, words)) + strange
    if len(sound) < max(LETTERS_MIN, SOUND_SHARE * seen):
        return 0.0
    return sum(char in _FREQUENT for char in sound) / len(sound)
