"""A golden question that was trained on proves nothing: whoever knows the answer by heart need not search."""

from collections.abc import Iterator, Sequence

import orjson
from upath import UPath

from clouds.errors import ConfigurationError
from domain.same_text import plain
from tasks.golden import NAMED
from tasks.retrieval_golden import RetrievalGolden
from tasks.steps import step
from tasks.training_check import CheckedData


@step("check-golden-not-trained")
def check_golden_not_trained(golden: RetrievalGolden, sources: Sequence[str], checked: CheckedData) -> None:  # noqa: ARG001  # not before it is found sound
    """Read the training data, which was found sound, in constant memory; texts are compared as by a reader.

    Raises:
        ConfigurationError: a line for each of the first anchors that ask a golden question.

    """
    asked = {plain(question.query) for question in golden.questions}
    said: list[str] = []
    total = 0
    for source in sources:
        for number, anchor in _anchors(source):
            if plain(anchor) in asked:
                total += 1
                if total <= NAMED:
                    where = f"{source}, line {number}"
                    said.append(f"{where}: the anchor {anchor!r} is a golden question; take it out of one of them")
    if total:
        raise ConfigurationError("\n".join([*said, *([f"and {total - NAMED} more"] if total > NAMED else [])]))


def _anchors(source: str) -> Iterator[tuple[int, str]]:
    with UPath(source).expanduser().open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))["anchor"]
