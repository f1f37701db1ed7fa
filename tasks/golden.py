"""Golden questions: what a version is asked before it is promoted, and what must come back.

A file of JSON lines, one question a line: `query`, `expected_sources` (file names), `expected_phrases` (words of the
right answer; case, spacing and ё do not count).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from upath import UPath

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import ConfigurationError
from tasks.documents import refuse
from tasks.query import file_name, plain
from tasks.steps import LOOK_FIRST, step

NAMED = 20
"""So many faults are said, and so many documents are named."""

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class GoldenQuestion(BaseModel):
    """A question, the files that answer it and words of the right answer; `line` is its place in the file, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    query: Text
    expected_sources: tuple[Text, ...] = Field(min_length=1)
    expected_phrases: tuple[Text, ...] = Field(min_length=1)


@step("read-golden", run_name="read-golden {place}")
def read_golden(place: str) -> tuple[GoldenQuestion, ...]:
    """Read the questions of a file or fsspec URL.

    Raises:
        ConfigurationError: it cannot be read, holds no question, or one line for each line of it that is wrong.

    """
    try:
        text = UPath(place).expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{place} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be read: {error.strerror or error}; correct golden") from error
    except (ImportError, ValueError) as error:  # fsspec: the package of a protocol is missing, or there is no such one
        raise ConfigurationError(f"{place} cannot be opened: {error}") from error
    return parse_golden(text, place)


def parse_golden(text: str, place: str) -> tuple[GoldenQuestion, ...]:
    """Return the questions; blank lines are passed over. Raises ConfigurationError as `read_golden` does."""
    questions: list[GoldenQuestion] = []
    faults: list[str] = []
    lines_of_queries: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            question = _question(line, number)
        except ValueError as error:
            faults.append(f"{place}, line {number}: {error}")
            continue
        first = lines_of_queries.setdefault(plain(question.query), number)
        if first != number:
            faults.append(f"{place}, line {number}: asks the same as line {first}; drop one of them")
        questions.append(question)
    if not questions and not faults:
        faults.append(f"{place} holds no question: write one JSON object a line")
    refuse(faults)
    return tuple(questions)


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


def check_sources(questions: Sequence[GoldenQuestion], documents: Iterable[str], place: str) -> None:
    """Raise ConfigurationError, one line for each expected source that no document has the file name of."""
    names = {file_name(document) for document in documents}
    shown = ", ".join(sorted(names)[:NAMED]) or "none"
    also = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    refuse(
        [
            f"golden question of line {question.line}, {question.query!r}, expects {source}, which is not among the "
            f"documents in {place} ({shown}{also}): correct the question or store the document"
            for question in questions
            for source in question.expected_sources
            if file_name(source) not in names
        ]
    )


def _question(line: str, number: int) -> GoldenQuestion:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error}); write one object a line") from error
    if not isinstance(content, dict):
        raise ValueError("is not a JSON object with query, expected_sources and expected_phrases")  # noqa: TRY004  # a fault of the file
    try:
        return GoldenQuestion.model_validate({**content, "line": number})
    except ValidationError as error:
        places = ((".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in error.errors())
        raise ValueError("; ".join(f"{key}: {message}" for key, message in places)) from error
