"""Golden questions: what a version is asked before it is promoted, and what must come back.

A file of JSON lines, one question a line: `query`, `expected_sources` (files, by as much of their paths as tells them
apart), `expected_phrases` (words of the right answer as a reader takes them; a list in place of a phrase holds ways to
say the same).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from domain.faults import NAMED, refuse
from domain.jsonl import parsed
from domain.probe import Phrase, ProbeSpec, Text, Words
from domain.same_text import meant, plain


class GoldenQuestion(BaseModel):
    """A question, the files that answer it and words of the right answer; `line` is its place in the file, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    query: Words
    expected_sources: tuple[Text, ...] = Field(min_length=1)
    expected_phrases: tuple[Phrase, ...] = Field(min_length=1)


def parse_golden(text: str, place: str) -> tuple[GoldenQuestion, ...]:
    """Return the questions; blank lines are passed over. Raises ConfigurationError as `read_golden` does."""
    found, faults = parsed(text, place, GoldenQuestion, line="line")
    refuse([*faults, *asked_twice([(number, question.query) for number, question in found], place)])
    return tuple(question for _, question in found)


def asked_twice(queries: Iterable[tuple[int, str]], place: str) -> list[str]:
    """Return a line for each query, by its line, that a reader takes for an earlier one."""
    first: dict[str, int] = {}
    return [
        f"{place}, line {number}: asks the same as line {earlier}; drop one of them"
        for number, query in queries
        if (earlier := first.setdefault(plain(query), number)) != number
    ]


def digest(questions: Sequence[GoldenQuestion]) -> str:
    """Return a short digest of what is asked and expected: results are compared only when it is the same."""
    asked = [question.model_dump(exclude={"line"}) for question in questions]
    canonical = json.dumps(sorted(asked, key=lambda question: question["query"]), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def expected_sources(questions: Sequence[GoldenQuestion], probe: ProbeSpec) -> list[str]:
    """Return the sources that the questions expect; those of the probe where there are no questions."""
    return [source for question in questions for source in question.expected_sources] or [probe.source]


def check_sources(questions: Sequence[GoldenQuestion], documents: Iterable[str], place: str) -> None:
    """Raise ConfigurationError, one line for each expected source that means no document."""
    names = sorted(documents)
    shown = ", ".join(names[:NAMED]) or "none"
    also = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    found = meant({source for question in questions for source in question.expected_sources}, names)
    refuse(
        [
            f"golden question of line {question.line}, {question.query!r}, expects {source}, which is not among the "
            f"documents in {place} ({shown}{also}): correct the question or store the document"
            for question in questions
            for source in question.expected_sources
            if not found[source]
        ]
    )
