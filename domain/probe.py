"""What an answer must have: texts that a reader sees, phrases with their alternatives, and the probe made of them."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from clouds.spec import Spec
from domain.same_text import is_blank, meant, plain

NAMED = 5
"""So many of the documents that a source means are named."""


def _seen(text: str) -> str:
    if is_blank(text):
        raise ValueError(f"{text!r} is blank to a reader; write what can be seen, or leave it out")
    if "\0" in text:
        raise ValueError("has the character NUL, which is no text; take it out")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"has {text[error.start]!a}, half a character; write the whole one") from error
    return text


def _worded(text: str) -> str:
    _seen(text)
    if not any(map(str.isalnum, plain(text))):
        raise ValueError(f"{text!r} has no letter and no digit; write the words or the number that is meant")
    return text


def _seen_phrase(phrase: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if phrase == ():
        raise ValueError("names no phrase; write the words of the right answer")
    for one in (phrase,) if isinstance(phrase, str) else phrase:
        _worded(one)
    return phrase


Text = Annotated[str, AfterValidator(_seen)]
"""A text of which a reader sees something."""
Words = Annotated[str, AfterValidator(_worded)]
"""A text with a letter or a digit: a question, or words of an answer."""
Phrase = Annotated[str | tuple[str, ...], AfterValidator(_seen_phrase)]
"""Words of the right answer, or several ways to say the same: one of them is enough."""


def spelled(phrase: str | tuple[str, ...]) -> str:
    """Return a phrase as messages quote it: `'14 дней' or 'две недели'`."""
    return " or ".join(map(repr, (phrase,) if isinstance(phrase, str) else phrase))


def ambiguous(sources: Iterable[str], documents: Iterable[str]) -> tuple[str, ...]:
    """Return a line for each source that means several documents: any of them counts as the expected one."""
    return tuple(
        f"{source} means {len(found)} documents, and any of them counts: {', '.join(found[:NAMED])}"
        f"{f' and {len(found) - NAMED} more' if len(found) > NAMED else ''}. Give more of the path to mean one"
        for source, found in meant(dict.fromkeys(sources), documents).items()
        if len(found) > 1
    )


class ProbeSpec(Spec):
    """The question that a stack must answer before a run is green."""

    question: Words = Field(title="Question", description="A question that the documents answer.")
    source: Text = Field(
        title="Expected source",
        description="File that must be among the retrieved sources, by as much of its path as tells it from others: "
        "faq_products.txt, or ru/faq.txt where there is kz/faq.txt too.",
    )
    phrase: Phrase = Field(
        title="Expected phrase",
        description="Words that the answer must contain, or a list of ways to say them, of which one is enough. Case, "
        "spacing, ё and invisible characters do not count; 10 is not found in 2010, 10,5 or 10 000.",
    )
