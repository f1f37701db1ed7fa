"""What an embedder is judged by: texts to be found, and questions that say which of them answer.

Two files of JSON lines. Corpus: `id`, `text`. Questions: `query`, `relevant` (ids of the texts that answer it). They
must not be among the training data: what was trained on proves nothing.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from clouds.errors import ConfigurationError
from domain.jsonl import Model, parsed
from domain.probe import Text, Words
from domain.same_text import as_seen, plain
from tasks.evaluation.golden import asked_twice, golden_text
from tasks.run.documents import refuse
from tasks.run.steps import step


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusText(_Line):
    """A text to be found."""

    id: Text
    text: Text


class RetrievalQuestion(_Line):
    """A question and the ids of the texts that answer it."""

    query: Words
    relevant: tuple[Text, ...] = Field(min_length=1)


@dataclass(frozen=True)
class RetrievalGolden:
    """Corpus and questions; every id of a question is one of the corpus."""

    corpus: tuple[CorpusText, ...]
    questions: tuple[RetrievalQuestion, ...]

    def relevant_places(self) -> list[frozenset[int]]:
        """Return for each question the places of its answers in the corpus, from 0."""
        places = {as_seen(text.id): place for place, text in enumerate(self.corpus)}
        return [frozenset(places[as_seen(answer)] for answer in question.relevant) for question in self.questions]


def _read(place: str, model: type[Model]) -> tuple[list[tuple[int, Model]], list[str]]:
    try:
        return parsed(golden_text(place), place, model)
    except ConfigurationError as error:
        return [], [error.message]


@step("read-retrieval-golden")
def read_retrieval_golden(corpus: str, questions: str) -> RetrievalGolden:
    """Read both files or fsspec URLs.

    Raises:
        ConfigurationError: a file cannot be read or holds nothing, or one line for each line of it that is wrong.

    """
    texts, texts_faults = _read(corpus, CorpusText)
    asked, asked_faults = _read(questions, RetrievalQuestion)
    faults = [*texts_faults, *asked_faults]
    ids: dict[str, tuple[int, str]] = {}
    same: dict[str, int] = {}
    for number, text in texts:
        line, other = ids.setdefault(as_seen(text.id), (number, text.id))
        if line != number:
            said = f"stands in line {line} too" if other == text.id else f"reads like {other!r} of line {line}"
            faults.append(f"{corpus}, line {number}: id {text.id!r} {said}; take another")
        elif (first := same.setdefault(plain(text.text), number)) != number:
            faults.append(
                f"{corpus}, line {number}: {text.id!r} has the text of line {first} again; drop one of them: finding "
                "the other would count as an error"
            )
    if not texts_faults:  # else an id is missed that only could not be read
        faults += [
            f"{questions}, line {number}: {answer!r} is no id of {corpus}; correct relevant or add the text"
            for number, question in asked
            for answer in question.relevant
            if as_seen(answer) not in ids
        ]
    faults += asked_twice([(number, question.query) for number, question in asked], questions)
    refuse(faults)
    return RetrievalGolden(tuple(text for _, text in texts), tuple(question for _, question in asked))
