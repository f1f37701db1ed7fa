"""The generator stand-in: an extractive answer that quotes a passage and cites its source."""

from collections.abc import Sequence

from sandbox.engines.prompt import ChatTurn, parse_prompt
from sandbox.engines.rerank import StandInReranker


class StandInGenerator:
    """Quotes the best passage."""

    stand_in = True
    name = "stand-in: extractive"

    def __init__(self, reranker: StandInReranker) -> None:
        self._reranker = reranker

    def chat(self, messages: Sequence[ChatTurn], max_tokens: int = 512) -> str:
        """The next turn."""
        prompt = parse_prompt(messages)
        if not prompt.passages:
            return "I am an extractive stand-in: I quote passages and there are none in the prompt."
        scores = self._reranker.rerank(prompt.question, [passage.text for passage in prompt.passages])
        best = prompt.passages[int(scores.argmax())]
        return f"«{best.text[: max_tokens * 4]}» [{best.source}]"
