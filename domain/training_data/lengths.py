"""How long the texts of training data are, counted exactly in memory that does not grow with their number."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.part import Part
from domain.training_data.rows import Columns

COUNTED_TO = 1 << 14
"""Characters; longer texts are counted together."""
BIN_ENDS = (25, 50, 100, 200, 400, 800, 1600, 3200, 6400)
"""Longest text of each bin but the last, in characters."""

Lengths = NDArray[np.int64]


class FieldLengths(Part):
    """Characters of the texts of one field; `histogram` counts texts by `BIN_ENDS`, and longer ones."""

    field: str
    shortest: int
    median: int
    p95: int
    longest: int
    histogram: tuple[int, ...]


class TextLengths:
    """Counts texts by field and characters, prefixes included; an empty text stands for a faulty line."""

    def __init__(self, prefixes: Sequence[str]) -> None:
        self._added = [len(prefix) for prefix in prefixes]
        self._counts: Lengths = np.zeros((len(prefixes), COUNTED_TO + 1), np.int64)
        self._longest = [0] * len(prefixes)

    def add(self, columns: Columns) -> list[Lengths]:
        """Count the texts, and return the characters [n] of each column; 0 for an empty text."""
        found: list[Lengths] = []
        for place, (column, added) in enumerate(zip(columns, self._added, strict=True)):
            lengths: Lengths = np.fromiter(map(len, column), np.int64, len(column))
            if added:
                lengths[lengths > 0] += added
            longest = int(lengths.max())
            counted = lengths if longest < COUNTED_TO else np.minimum(lengths, COUNTED_TO)
            counts = np.bincount(counted)
            self._counts[place, : len(counts)] += counts
            self._longest[place] = max(self._longest[place], longest)
            found.append(lengths)
        return found

    def of_fields(self, fields: Sequence[str]) -> tuple[FieldLengths, ...]:
        """Return the figures; zeros when there is no text. Percentiles stop at `COUNTED_TO`."""
        return tuple(
            _figures(field, counts, longest)
            for field, counts, longest in zip(fields, self._counts, self._longest, strict=True)
        )


def _figures(field: str, counts: Lengths, longest: int) -> FieldLengths:
    texts = counts.copy()
    texts[0] = 0
    up_to = texts.cumsum()
    at_most = [0, *(int(up_to[end]) for end in BIN_ENDS), int(up_to[-1])]
    return FieldLengths(
        field=field,
        shortest=int(np.argmax(texts > 0)),
        median=_percentile(up_to, 0.5),
        p95=_percentile(up_to, 0.95),
        longest=longest,
        histogram=tuple(after - before for before, after in pairwise(at_most)),
    )


def _percentile(up_to: Lengths, share: float) -> int:
    """Return the nearest rank: the least length that at least this share of the texts does not exceed."""
    return int(np.searchsorted(up_to, share * up_to[-1]))
