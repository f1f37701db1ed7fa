"""Token ids as text: clients that tokenize themselves send ids in place of texts."""

from collections.abc import Sequence

from tokenizers import Tokenizer


class UnknownTokenError(ValueError):
    """An id that no token has."""


def text_of(tokenizer: Tokenizer, tokens: Sequence[int], *, of_another_model: bool) -> str:
    """Return the text of token ids.

    With `of_another_model` the ids were made for the model that a stand-in stands for: those that its own vocabulary
    does not have become words of their own, so that equal ids stay equal.

    Raises:
        UnknownTokenError: an id that is negative, or that the model's own vocabulary does not have.

    """
    size = tokenizer.get_vocab_size()
    for token in tokens:
        if token < 0 or (token >= size and not of_another_model):
            raise UnknownTokenError(f"Token id {token} is out of vocabulary")
    if all(token < size for token in tokens):
        return tokenizer.decode(list(tokens))
    return " ".join(tokenizer.decode([token]) if token < size else f"token{token}" for token in tokens)
