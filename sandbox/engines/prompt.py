"""The prompt of retrieve and generate: built by the knowledge base, read back by the extractive stand-in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

QUESTION_LABELS = {"ru": "Вопрос:", "en": "Question:"}
_BLOCK = re.compile(r"^\[(\d+)\] source: (.*)$", re.MULTILINE)
_QUESTION = re.compile(rf"^(?:{'|'.join(QUESTION_LABELS.values())})[ \t]*", re.MULTILINE)


@dataclass(frozen=True)
class ChatTurn:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True)
class Passage:
    """A piece of a document that may hold the answer, and the name of that document."""

    text: str
    source: str


@dataclass(frozen=True)
class Prompt:
    """What was asked, and of what; passages is empty for a plain chat."""

    question: str
    passages: tuple[Passage, ...] = ()


def language_of(text: str) -> Literal["ru", "en"]:
    """Russian when most letters are Cyrillic."""
    cyrillic = sum("а" <= letter <= "я" or letter == "ё" for letter in text.lower())
    latin = sum("a" <= letter <= "z" for letter in text.lower())
    return "ru" if cyrillic > latin else "en"


def build_prompt(question: str, passages: Sequence[Passage], system_prompt: str = "") -> list[ChatTurn]:
    """Write the turns for a chat model: system prompt if any; numbered passages with their sources; the question."""
    blocks = [f"[{n}] source: {_one_line(p.source)}\n{p.text.strip()}" for n, p in enumerate(passages, start=1)]
    asked = f"{QUESTION_LABELS[language_of(question)]} {question.strip()}"
    turns = [ChatTurn("system", system_prompt)] if system_prompt else []
    return [*turns, ChatTurn("user", "\n\n".join([*blocks, asked]))]


def parse_prompt(turns: Sequence[ChatTurn]) -> Prompt:
    """Read the last user turn back. Passages are numbered from 1, in order; anything else is a plain question."""
    content = next((turn.content for turn in reversed(turns) if turn.role == "user"), "")
    heads = _in_order(list(_BLOCK.finditer(content)))
    asked = list(_QUESTION.finditer(content))
    if not heads or not asked or asked[-1].start() < heads[-1].end():
        label = _QUESTION.match(content)
        return Prompt(content[label.end() if label else 0 :].strip())
    ends = [head.start() for head in heads[1:]] + [asked[-1].start()]
    passages = tuple(
        Passage(text=content[head.end() : end].strip(), source=head[2].strip())
        for head, end in zip(heads, ends, strict=True)
    )
    return Prompt(content[asked[-1].end() :].strip(), passages)


def _in_order(heads: list[re.Match[str]]) -> list[re.Match[str]]:
    """Heads numbered 1, 2, 3...: a document may itself hold a line that looks like a head."""
    kept: list[re.Match[str]] = []
    for head in heads:
        if int(head[1]) == len(kept) + 1:
            kept.append(head)
    return kept


def _one_line(source: str) -> str:
    return " ".join(source.split())
