"""What a question asks for: words that a passage must hold before it counts as an answer, however alike the rest is.

«Какого цвета смартфон?» and a passage about the same telephone's battery have a subject in common and no answer. The
rules read the question's form: the noun after "which" or "how many", names, numbers of names, the object of "have".
"""

import re
from dataclasses import dataclass

from sandbox.engines.lexical import STOP_WORD_WEIGHT, Word, words
from sandbox.engines.rerank import presence

MEASURES = frozenset(
    word.stem
    for word in words(
        "срок время раз цена стоимость доля часть сумма размер количество число длина период "
        "long much often far time price cost amount fee size share part period length"
    )
)
"""Asked for by one word and answered by a number with another: «какой срок» by «14 дней»."""

_ASKED = re.compile(
    r"\b(?:как(?:ой|ая|ое|ие|ого|ому|ую|им|их|ими|ом)|сколько|скольких|which|what|how many)"
    r"\s+(?:из\s+|of\s+)?([^\W\d_]+)",
    re.IGNORECASE,
)
_NOT_A_NOUN = frozenset(
    (
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "happens",
        "has",
        "have",
    )
)
_HAS = re.compile(r"\b(?:have|has|sell|offer|include|contain)\s+(?!to\b)(.+?)\s*[?.]?$", re.IGNORECASE)
_EXAMPLE = re.compile(r"(?:,\s*|\b)(?:например|for example|for instance|such as)\b.*$", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;:»”)] )[«“\"]?([A-ZА-ЯЁ][\w-]+)(?: ([A-ZА-ЯЁ][\w-]+))?(?: (\d+)\b)?")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Wanted:
    """Stems that a passage must hold, each itself or a relative; and whether it must hold a number."""

    stems: frozenset[str]
    number: bool

    def held_by(self, passage: str) -> bool:
        """Say whether the passage holds all of it."""
        if self.number and not _DIGIT.search(passage):
            return False
        held = {word.stem for word in words(passage)}
        return all(presence(stem, held) > 0 for stem in self.stems)


def wanted(question: str) -> Wanted:
    """Read what the question asks for; nothing, when its form does not say."""
    question = _EXAMPLE.sub("", question)
    asked = [word for found in _ASKED.findall(question) if found.lower() not in _NOT_A_NOUN for word in words(found)]
    has = _HAS.search(question)
    things = words(has[1])[-1:] if has else []
    names = [word for found in _NAME.findall(question) for word in words(" ".join(found))]
    stems = {word.stem for word in (*asked, *things) if _is_content(word)} | {word.stem for word in names}
    return Wanted(frozenset(stems - MEASURES), number=bool(stems & MEASURES))


def _is_content(word: Word) -> bool:
    return word.weight > STOP_WORD_WEIGHT
