"""The generator stand-in: an honest extractive answer that quotes the best passage and cites its source."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.engines.prompt import ChatTurn, language_of, parse_prompt
from sandbox.engines.quote import quotables
from sandbox.engines.required_words import wanted
from sandbox.engines.rerank import StandInReranker

ANSWERS_FROM = 0.5
"""Relevance from which a quote counts as an answer. Below it the stand-in says that there is none."""
CLOSE_SECOND = 0.9
"""Part of the best relevance from which a second quote is given too: a question may have two answers."""
LETTERS_PER_TOKEN = 3

NO_ANSWER = {
    "ru": "В приведённых фрагментах ответа на этот вопрос нет. Просмотрено: {sources}.",
    "en": "The passages do not answer this question. Looked at: {sources}.",
}
NO_PASSAGES = {
    "ru": "Отвечает заместитель модели: он только цитирует переданные фрагменты документов, а здесь их нет.",
    "en": "A stand-in answers: it only quotes the passages that it is given, and there are none here.",
}
QUOTED = {"ru": "«{quote}» [{number}] {source}", "en": "“{quote}” [{number}] {source}"}


@dataclass(frozen=True)
class _Candidate:
    quote: str
    number: int
    source: str
    relevance: float


class StandInGenerator:
    """Quotes, cites, and says so when nothing answers; generates no word of its own."""

    stand_in = True
    name = "stand-in: extractive, quotes the passages"

    def __init__(self, reranker: StandInReranker) -> None:
        """Share the reranker that judges the quotes."""
        self._reranker = reranker

    def chat(self, messages: Sequence[ChatTurn], max_tokens: int = 512) -> str:
        """Answer the last user turn, in the language of its question."""
        prompt = parse_prompt(messages)
        language = language_of(prompt.question)
        if not prompt.passages:
            return NO_PASSAGES[language]
        pieces = [
            (piece, number, passage.source)
            for number, passage in enumerate(prompt.passages, start=1)
            for piece in quotables(passage.text)
        ]
        relevances = self._reranker.rerank(prompt.question, [piece.matched for piece, _, _ in pieces])
        asked_for = wanted(prompt.question)
        candidates = [
            _Candidate(piece.quote, number, source, float(relevance))
            for (piece, number, source), relevance in zip(pieces, relevances, strict=True)
            if relevance >= ANSWERS_FROM and asked_for.held_by(piece.matched)
        ]
        candidates.sort(key=lambda candidate: -candidate.relevance)  # stable: earlier passages first
        if not candidates:
            sources = ", ".join(dict.fromkeys(passage.source for passage in prompt.passages))
            return NO_ANSWER[language].format(sources=sources)
        return "\n".join(
            QUOTED[language].format(quote=shorten(c.quote, max_tokens), number=c.number, source=c.source)
            for c in _best(candidates)
        )

    def complete(self, prompt: str, max_tokens: int = 512) -> str:
        """Answer a text as if it were a question."""
        return self.chat([ChatTurn("user", prompt)], max_tokens)

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Tokens of all texts together by MiniLM's tokenizer."""
        return self._reranker.embedder.count_tokens(texts)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids that were made for the model it stands for."""
        return self._reranker.embedder.text_of(tokens)


def _best(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Take the first, and a close second that says something else."""
    first, *others = candidates
    return [first, *[o for o in others[:1] if o.relevance >= CLOSE_SECOND * first.relevance and o.quote != first.quote]]


def shorten(text: str, max_tokens: int) -> str:
    """Cut to about so many tokens, at a word's end and marked."""
    letters = LETTERS_PER_TOKEN * max_tokens
    if len(text) <= letters:
        return text
    return f"{text[:letters].rsplit(maxsplit=1)[0]}…"
