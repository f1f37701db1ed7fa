"""Training data at a glance: the rows of a table artifact, with a column for each field."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from domain.training_data.check import CheckedData
from domain.training_data.lengths import BIN_ENDS
from domain.training_data.rows import FIELDS

SHOWN_CHARACTERS = 120

Cell = str | int


def training_table(checked: CheckedData) -> list[dict[str, Cell]]:
    """Return counts, characters and their histogram, examples, and faults by kind."""
    fields = FIELDS[checked.kind]
    return [
        {"": what, **dict(zip_longest(fields, values, fillvalue=""))}
        for what, values in (*_files(checked), *_lengths(checked), *_examples(checked), *_faults(checked))
    ]


def _files(checked: CheckedData) -> Iterator[tuple[str, Sequence[Cell]]]:
    files = [("training data", file) for file in checked.training]
    files += [("validation data", checked.validation)] if checked.validation else []
    for part, file in files:
        yield part, (f"{file.rows} rows", f"{file.size_bytes} bytes, SHA-256 {file.sha256[:16]}")


def _lengths(checked: CheckedData) -> Iterator[tuple[str, Sequence[Cell]]]:
    yield "shortest, characters", [lengths.shortest for lengths in checked.lengths]
    yield "median, characters", [lengths.median for lengths in checked.lengths]
    yield "95th percentile, characters", [lengths.p95 for lengths in checked.lengths]
    yield "longest, characters", [lengths.longest for lengths in checked.lengths]
    begins = (1, *(end + 1 for end in BIN_ENDS))
    bins = (*(f"{begin} to {end}" for begin, end in zip(begins, BIN_ENDS, strict=False)), f"{begins[-1]} or more")
    for name, *counts in zip(bins, *(lengths.histogram for lengths in checked.lengths), strict=True):
        if any(counts):
            yield f"texts of {name} characters", counts


def _examples(checked: CheckedData) -> Iterator[tuple[str, Sequence[Cell]]]:
    for number, example in enumerate(checked.examples, start=1):
        yield f"example {number}", [_cut(text) for text in example.texts]


def _faults(checked: CheckedData) -> Iterator[tuple[str, Sequence[Cell]]]:
    for kind, total in checked.totals.items():
        first = next(fault for fault in checked.faults if fault.kind == kind)
        yield f"fault: {kind.replace('_', ' ')}", (f"{total} found", f"the first: {first}")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
