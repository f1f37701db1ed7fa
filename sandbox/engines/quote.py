"""What of a passage can be quoted: the answer of a question-and-answer pair, a few neighbouring sentences of prose."""

import re
from dataclasses import dataclass

SENTENCES_PER_QUOTE = 3

_ASKED = re.compile(r"^\s*(?:[#*\-\d.)\s]*)(?:Вопрос|В|Question|Q)\s*:\s*(?:\*\*)?\s*", re.IGNORECASE)
_ANSWERED = re.compile(r"^\s*(?:[*\-]\s*|\*\*)?(?:Ответ|О|Answer|A)\s*:\s*(?:\*\*)?\s*", re.IGNORECASE)
_HEADING = re.compile(r"^\s*#+\s+")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[«\"(\[A-ZА-ЯЁ0-9])")


@dataclass(frozen=True)
class Quotable:
    """`matched` is compared with the question; `quote` is the answer's text: of a pair, the answer alone."""

    matched: str
    quote: str


def quotables(text: str) -> list[Quotable]:
    """All that can be quoted, in order; a question whose answer was cut off is not."""
    found: list[Quotable] = []
    question = ""
    prose: list[str] = []

    def close() -> None:
        nonlocal question
        body = " ".join(" ".join(prose).split())
        prose.clear()
        if body and question:
            found.append(Quotable(matched=f"{question} {body}", quote=body))
        elif body:
            found.extend(_windows(body))
        question = question if not body else ""

    for paragraph in _PARAGRAPH_END.split(text):
        for line in paragraph.splitlines():
            if _ASKED.match(line) or _is_question_heading(line):
                close()
                question = _HEADING.sub("", _ASKED.sub("", line)).strip(" *")
            elif _ANSWERED.match(line):
                prose.append(_ANSWERED.sub("", line).strip())
            else:
                prose.append(line.strip())
        close()
    return found


def _is_question_heading(line: str) -> bool:
    return line.rstrip(" *").endswith("?") and (bool(_HEADING.match(line)) or line.strip().startswith("**"))


def _windows(prose: str) -> list[Quotable]:
    """Up to three neighbouring sentences, each start once; a window is matched by its first sentences most."""
    sentences = _SENTENCE_END.split(prose)
    if len(sentences) <= SENTENCES_PER_QUOTE:
        return [Quotable(prose, prose)]
    starts = range(len(sentences) - SENTENCES_PER_QUOTE + 1)
    joined = [" ".join(sentences[start : start + SENTENCES_PER_QUOTE]) for start in starts]
    return [Quotable(window, window) for window in joined]
