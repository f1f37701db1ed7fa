"""What an embedder is judged by: texts to be found, and questions that say which of them answer."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from domain.probe import Text, Words
from domain.same_text import as_seen


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
