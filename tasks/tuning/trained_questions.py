"""A golden question that was trained on proves nothing: a model that knows the answer by heart need not search."""

from collections.abc import Iterator, Sequence

import orjson

from clouds.errors import ConfigurationError
from domain.golden import NAMED
from domain.jsonl import parsed
from domain.retrieval_golden import RetrievalQuestion
from domain.same_text import plain
from tasks.evaluation.golden import golden_text
from tasks.run.sources import opened
from tasks.run.steps import step

LINE_LIMIT_BYTES = 1 << 24


@step("check-golden-not-trained")
def check_golden_not_trained(questions: str, sources: Sequence[str]) -> None:
    """Read golden questions and training data, these in constant memory; texts are compared as by a reader.

    Lines that are no question or no row are passed over: the checks of both files name them.

    Raises:
        ConfigurationError: a line for each of the first anchors that ask a golden question, or a file cannot be read.

    """
    found, _ = parsed(golden_text(questions), questions, RetrievalQuestion)
    asked = {plain(question.query) for _, question in found}
    said: list[str] = []
    total = 0
    for source in dict.fromkeys(sources):
        for number, anchor in _anchors(source):
            if plain(anchor) in asked:
                total += 1
                if total <= NAMED:
                    where = f"{source}, line {number}"
                    said.append(f"{where}: the anchor {anchor!r} is a golden question; take it out of one of them")
    if total:
        raise ConfigurationError(*said, *([f"and {total - NAMED} more"] if total > NAMED else []))


def _anchors(source: str) -> Iterator[tuple[int, str]]:
    with opened(source) as file:
        number = 0
        while line := file.readline(LINE_LIMIT_BYTES):
            number += 1
            try:
                row = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except ValueError:
                continue
            if isinstance(row, dict) and isinstance(anchor := row.get("anchor"), str):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # of JSON
                yield number, anchor
