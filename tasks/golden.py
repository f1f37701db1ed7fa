"""Golden questions: what a version is asked before it is promoted, and what must come back.

A file of JSON lines, one question a line: `query`, `expected_sources` (files, by as much of their paths as tells them
apart), `expected_phrases` (words of the right answer as a reader takes them; a list in place of a phrase holds ways to
say the same).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field
from upath import UPath

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConfigurationError
from domain.jsonl import parsed
from domain.probe import Phrase, ProbeSpec, Text, Words
from domain.same_text import meant, plain
from domain.sizes import size_text
from domain.text_bytes import NotTextError, decoded
from tasks.documents import refuse
from tasks.steps import LOOK_FIRST, step

NAMED = 20
"""So many faults are said, and so many documents are named."""
LIMIT_BYTES = 50_000_000
"""Largest golden file; 100 000 questions are about as much."""


class GoldenQuestion(BaseModel):
    """A question, the files that answer it and words of the right answer; `line` is its place in the file, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    query: Words
    expected_sources: tuple[Text, ...] = Field(min_length=1)
    expected_phrases: tuple[Phrase, ...] = Field(min_length=1)


@step("read-golden", run_name="read-golden {place}")
def read_golden(place: str) -> tuple[GoldenQuestion, ...]:
    """Read the questions of a file or fsspec URL.

    Raises:
        ConfigurationError: it cannot be read, holds no question, or one line for each line of it that is wrong.

    """
    return parse_golden(golden_text(place), place)


def golden_text(place: str, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the text of a golden file or fsspec URL; no more of it is read than the limit.

    Raises:
        ConfigurationError: it cannot be read, is over the limit, or is no UTF-8 text; says what it is.

    """
    try:
        with UPath(place).expanduser().open("rb") as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be read: {error.strerror or error}; correct golden") from error
    except (ImportError, RuntimeError, ValueError) as error:  # fsspec: of a protocol; pathlib: no home of such a user
        raise ConfigurationError(f"{place} cannot be opened: {error}") from error
    if len(content) > limit_bytes:
        raise ConfigurationError(
            f"{place} has more than {size_text(limit_bytes)}, which golden files do not have: name the right file, or "
            "ask fewer questions"
        )
    try:
        return "".join(decoded([content]))
    except NotTextError as error:
        raise ConfigurationError(f"{place} {error}") from error


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


@step("check-golden", **LOOK_FIRST)
def check_golden(cloudru: CloudRuCredentials, questions: Sequence[GoldenQuestion], *, bucket: str, folder: str) -> None:
    """Raise ConfigurationError, which names each question whose expected source the folder does not hold."""
    listed = cloudru.get_client().storage.list_objects(bucket, folder)
    keys = [stored.key for stored in listed if not stored.key.endswith("/")]
    check_sources(questions, [key for key in keys if not key.startswith(ARTIFACTS_PREFIX)], f"s3://{bucket}/{folder}")


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
