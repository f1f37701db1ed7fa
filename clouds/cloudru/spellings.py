"""Calls that are published in two spellings: one is tried, then the other, and the one that worked is remembered."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from clouds.errors import APIError

Spelling = TypeVar("Spelling")
Answer = TypeVar("Answer")

NOT_THERE = frozenset({404, 405, 501})
"""What a gateway answers for a path that it does not know; 404 is also a resource that does not exist."""


class Spellings(Generic[Spelling]):
    """The spellings of a call that may be right. Safe under threads: two that find out at once find the same."""

    def __init__(self, candidates: Sequence[Spelling], advice: str) -> None:
        """Try the candidates in this order; `advice` says what to do when none is known."""
        self._candidates = tuple(candidates)
        self._advice = advice

    def ask(self, call: Callable[[Spelling], Answer]) -> Answer:
        """Return the answer in the first spelling that gets one.

        Raises:
            APIError: the last refusal, with the others and the advice in its message.

        """
        refusals: list[APIError] = []
        for candidate in self._candidates:
            try:
                answer = call(candidate)
            except APIError as error:
                if error.status not in NOT_THERE:
                    raise
                refusals.append(error)
            else:
                self._candidates = (candidate,)
                return answer
        last = refusals[-1]
        message = " / ".join([self._advice, *(refusal.message for refusal in refusals)])
        raise type(last)(message, last.status, last.code, last.request_id)
