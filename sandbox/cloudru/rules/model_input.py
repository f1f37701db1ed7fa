"""Inputs of a running model: a text, several, or token ids of one or several."""

from typing import Protocol, cast

from sandbox.cloudru.rules.served_model import ModelRefusalError
from sandbox.engines.token_ids import UnknownTokenError


class ReadsTokens(Protocol):
    """A model whose vocabulary is known."""

    def text_of(self, tokens: list[int]) -> str:
        """Return the text of token ids."""
        ...


def read_texts(given: str | list[str] | list[int] | list[list[int]], engine: ReadsTokens, field: str) -> list[str]:
    """Return the texts, at least one; refuse an empty list, and ids that no token has, with 400."""
    if isinstance(given, str):
        return [given]
    inputs = [cast("list[int]", given)] if given and isinstance(given[0], int) else given
    if not inputs or any(isinstance(each, list) and not each for each in inputs):
        raise ModelRefusalError(400, f"{field} must hold at least one text or token", param=field)
    try:
        return [each if isinstance(each, str) else engine.text_of(cast("list[int]", each)) for each in inputs]
    except UnknownTokenError as error:
        raise ModelRefusalError(400, str(error), param=field) from error
