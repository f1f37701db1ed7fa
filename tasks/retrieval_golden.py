"""What an embedder is judged by: texts to be found, and questions that say which of them answer.

Two files of JSON lines. Corpus: `id`, `text`. Questions: `query`, `relevant` (ids of the texts that answer it). They
must not be among the training data: what was trained on proves nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from upath import UPath

from clouds.errors import ConfigurationError
from tasks.golden import NAMED
from tasks.steps import step

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusText(_Line):
    """A text to be found."""

    id: Text
    text: Text


class RetrievalQuestion(_Line):
    """A question and the ids of the texts that answer it."""

    query: Text
    relevant: tuple[Text, ...] = Field(min_length=1)


@dataclass(frozen=True)
class RetrievalGolden:
    """Corpus and questions; every id of a question is one of the corpus."""

    corpus: tuple[CorpusText, ...]
    questions: tuple[RetrievalQuestion, ...]

    def relevant_places(self) -> list[frozenset[int]]:
        """Return for each question the places of its answers in the corpus, from 0."""
        places = {text.id: place for place, text in enumerate(self.corpus)}
        return [frozenset(places[answer] for answer in question.relevant) for question in self.questions]


L = TypeVar("L", bound=_Line)


@step("read-retrieval-golden")
def read_retrieval_golden(corpus: str, questions: str) -> RetrievalGolden:
    """Read both files or fsspec URLs.

    Raises:
        ConfigurationError: a file cannot be read or holds nothing, or one line for each line of it that is wrong.

    """
    texts, texts_faults = _lines(corpus, CorpusText)
    asked, asked_faults = _lines(questions, RetrievalQuestion)
    faults = [*texts_faults, *asked_faults]
    ids: dict[str, int] = {}
    for number, text in texts:
        if ids.setdefault(text.id, number) != number:
            faults.append(f"{corpus}, line {number}: id {text.id!r} stands in line {ids[text.id]} too; take another")
    if not texts_faults:  # else an id is missed that only could not be read
        faults += [
            f"{questions}, line {number}: {answer!r} is no id of {corpus}; correct relevant or add the text"
            for number, question in asked
            for answer in question.relevant
            if answer not in ids
        ]
    _refuse(faults)
    return RetrievalGolden(tuple(text for _, text in texts), tuple(question for _, question in asked))


def _lines(place: str, kind: type[L]) -> tuple[list[tuple[int, L]], list[str]]:
    """Return each line with its number, and the faults."""
    found: list[tuple[int, L]] = []
    faults: list[str] = []
    for number, line in enumerate(_text(place).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append((number, kind.model_validate(json.loads(line))))
        except ValidationError as error:
            said = ((".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in error.errors())
            faults.append(f"{place}, line {number}: {'; '.join(f'{key}: {message}' for key, message in said)}")
        except ValueError as error:
            faults.append(f"{place}, line {number}: is not JSON ({error}); write one object a line")
    if not found and not faults:
        keys = " and ".join(kind.model_fields)
        faults.append(f"{place} holds nothing: write one JSON object with {keys} a line")
    return found, faults


def _text(place: str) -> str:
    try:
        return UPath(place).expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{place} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be read: {error.strerror or error}; correct golden") from error
    except (ImportError, ValueError) as error:  # fsspec: the package of a protocol is missing, or there is no such one
        raise ConfigurationError(f"{place} cannot be opened: {error}") from error


def _refuse(faults: Iterable[str]) -> None:
    said = [*faults]
    rest = len(said) - NAMED
    if said:
        raise ConfigurationError("\n".join([*said[:NAMED], *([f"and {rest} more"] if rest > 0 else [])]))
