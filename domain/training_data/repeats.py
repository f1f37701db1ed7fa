"""Equal texts among the rows of any number of files, found in memory that does not grow with the number of rows.

Texts are equal as they are to a reader. Of each only an 8-byte digest is kept, in a temporary file: 16 bytes a pair, 24
a triplet. Rows of one anchor are looked at together, `ROWS_AT_ONCE` rows or so in one pass over that file; only a
single anchor of more rows than that takes more memory. The digest is Python's own SipHash, the fastest there is for a
string. Among a million different texts two share one with odds of 3 in 100 000 000, and would be called equal although
they are not.
"""

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from domain.same_text import plain
from domain.training_data.faults import LISTED
from domain.training_data.rows import Columns

ROWS_AT_ONCE = 1 << 17
BLOCK_ROWS = 1 << 16
ODD = np.int64(-7046029254386353131)
"""2^64 over the golden ratio: spreads the digest of one text before another one's is added."""

Digests = NDArray[np.int64]
NONE: Digests = np.empty(0, np.int64)
Relation = Literal["duplicate", "same_text", "leakage", "positive_is_negative"]


@dataclass
class Repeats:
    """How many rows repeat an earlier or other one; of the first of them (row, row that it repeats), from 0."""

    total: int
    first: list[tuple[int, int]]


class TextDigests:
    """The digests of all rows, in the order in which they were added; a row without an anchor equals no other."""

    def __init__(self, file: IO[bytes], fields: int) -> None:
        self.rows = 0
        self._file = file
        self._fields = fields

    def add(self, columns: Columns) -> None:
        """Write down some rows."""
        count = len(columns[0])
        digests = np.empty((count, self._fields), np.int64)
        for place, column in enumerate(columns):
            digests[:, place] = np.fromiter(map(hash, map(plain, column)), np.int64, count)
        self._file.write(digests.data)
        self.rows += count

    def passes(self, field: int = 0) -> Generator[tuple[Digests, Digests]]:
        """Give (row numbers [n], digests [n, fields]) in parts; all rows of one text of `field` are in one part."""
        parts = -(-self.rows // ROWS_AT_ONCE)
        for part in range(parts):
            numbers: list[Digests] = []
            found: list[Digests] = []
            self._file.seek(0)
            first = 0
            while block := self._file.read(BLOCK_ROWS * self._fields * 8):
                digests = np.frombuffer(block, np.int64).reshape(-1, self._fields)
                texts = digests[:, field]
                chosen = np.flatnonzero((texts != 0) & (texts % parts == part))
                numbers.append(chosen + first)
                found.append(digests[chosen])
                first += len(digests)
            yield np.concatenate(numbers), np.concatenate(found)


@contextmanager
def text_digests(fields: int) -> Generator[TextDigests]:
    """Open an empty list of digests; it is gone afterwards."""
    with tempfile.TemporaryFile(prefix="training-digests-") as file:
        yield TextDigests(file, fields)


def repeats(digests: TextDigests, validation_from: int) -> dict[Relation, Repeats]:
    """Compare all rows; from the row `validation_from` on they are validation data."""
    found: dict[Relation, Repeats] = {}
    for numbers, texts in digests.passes():
        for relation, which, of in _compared(texts, int(np.searchsorted(numbers, validation_from))):
            if which.size:
                known = found.setdefault(relation, Repeats(0, []))
                known.total += which.size
                first = [
                    *known.first,
                    *zip(numbers[which[:LISTED]].tolist(), numbers[of[:LISTED]].tolist(), strict=True),
                ]
                known.first = sorted(first)[:LISTED]
    return found


@dataclass
class Spread:
    """How the texts of a field are spread over `rows` rows: the most frequent has `most` of them, from row `first`."""

    rows: int = 0
    different: int = 0
    most: int = 0
    first: int = 0
    pairs: int = 0
    """Pairs of rows that have the same text."""

    @property
    def shared(self) -> float:
        """The odds that two rows have the same text."""
        return self.pairs / max(1, self.rows * (self.rows - 1) // 2)


def spread(digests: TextDigests, field: int, until: int) -> Spread:
    """Count the texts of a field in the rows before `until`."""
    found = Spread()
    for numbers, texts in digests.passes(field):
        before = int(np.searchsorted(numbers, until))
        _, places, counts = np.unique(texts[:before, field], return_index=True, return_counts=True)
        found.rows += before
        found.different += counts.size
        found.pairs += int((counts * (counts - 1) // 2).sum())
        if counts.size and counts.max() > found.most:
            found.most, found.first = int(counts.max()), int(numbers[places[counts.argmax()]])
    return found


def _compared(texts: Digests, validation_from: int) -> Iterator[tuple[Relation, Digests, Digests]]:
    """Give, for each relation, the places of rows in `texts` and of the rows that they repeat."""
    rows = _mixed(texts)
    for begin, end in ((0, validation_from), (validation_from, len(texts))):
        which, of = _equal_to_earlier(rows[begin:end])
        yield "duplicate", which + begin, of + begin
    anchors = texts[:, 0]
    which = np.flatnonzero((texts[:, 1:] == anchors[:, None]).any(axis=1))
    yield "same_text", which, which
    which, of = _equal(anchors[validation_from:], anchors[:validation_from])
    yield "leakage", which + validation_from, of
    if texts.shape[1] > len(("anchor", "positive")):
        yield "positive_is_negative", *_equal(_mixed(texts[:, [0, 2]]), _mixed(texts[:, [0, 1]]))


def _mixed(texts: Digests) -> Digests:
    """Return one digest [n] of each row of digests [n, fields]; the order of the fields counts."""
    mixed = texts[:, 0].copy()
    for place in range(1, texts.shape[1]):
        mixed *= ODD
        mixed ^= mixed >> 32
        mixed += texts[:, place]
    return mixed


def _equal_to_earlier(values: Digests) -> tuple[Digests, Digests]:
    """Return the places of values that an earlier one is equal to, ascending, and the places of the first such ones."""
    ordered = np.sort(values)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    which, of = _equal(values, values) if repeated.size else (NONE, NONE)
    later = of < which
    return which[later], of[later]


def _equal(values: Digests, among: Digests) -> tuple[Digests, Digests]:
    """Return the places of values that are among the others, ascending, and of the first equal one among those."""
    which = np.flatnonzero(np.isin(values, among)) if values.size and among.size else NONE
    if not which.size:
        return NONE, NONE
    order = np.argsort(among, kind="stable")
    return which, order[np.searchsorted(among[order], values[which])]
