"""Rows of training data, and the batches in which they are shown."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.engines.romanise import romanise
from sandbox.engines.tuning_job import WeightedFile

Row = tuple[str, ...]
"""Anchor, positive and, of a triplet, negative."""
COLUMNS = {"pair": ("anchor", "positive"), "triplet": ("anchor", "positive", "negative")}


class TrainingDataError(Exception):
    """The data cannot be trained on; the message says why, in the user's terms."""


def read_rows(path: Path, kind: str) -> list[Row]:
    """Return the rows of a JSON Lines file, romanised."""
    rows: list[Row] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    record = json.loads(line)
                    rows.append(tuple(romanise(str(record[column])) for column in COLUMNS[kind]))
                except (ValueError, KeyError, TypeError) as error:
                    raise TrainingDataError(f"line {number} is not a {kind}: {error!r}") from error
    return rows


class Epochs:
    """The rows of weighted datasets in random order, over and over; the same for the same seed."""

    def __init__(self, files: Sequence[WeightedFile], kind: str, seed: int) -> None:
        """Read every file; one of weight w gives each epoch w times its rows, the broken part drawn anew each time."""
        self._datasets = [(read_rows(file.path, kind), file.weight) for file in files]
        self._chance = random.Random(seed)  # noqa: S311  repeatable on purpose
        if not any(rows for rows, _ in self._datasets):
            raise TrainingDataError("the training datasets have no rows")

    def batches(self, samples: int, batch_rows: int) -> Iterator[list[Row]]:
        """Give batches until `samples` rows were shown.

        The loss takes the other rows' positives for wrong answers, so no anchor and no positive stands in a batch
        twice: a row that would repeat one waits for the next batch, and where nothing else is left a batch is smaller.
        """
        waiting: list[Row] = []
        while samples > 0:
            if len(waiting) < batch_rows:
                waiting += self._epoch()
            batch, waiting = without_repeats(waiting, min(batch_rows, samples))
            samples -= len(batch)
            yield batch

    def _epoch(self) -> list[Row]:
        rows: list[Row] = []
        while not rows:  # a lone row of weight 0.2 may be left out of an epoch
            for dataset, weight in self._datasets:
                whole, broken = divmod(weight, 1)
                expected = broken * len(dataset)
                rows += dataset * int(whole) + self._chance.sample(dataset, int(expected + self._chance.random()))
        self._chance.shuffle(rows)
        return rows


def without_repeats(rows: list[Row], most: int) -> tuple[list[Row], list[Row]]:
    """Take a batch of at most `most` rows from the front; return it and the rows that are left, in order."""
    batch: list[Row] = []
    skipped: list[Row] = []
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for position, row in enumerate(rows):
        if len(batch) == most:
            return batch, skipped + rows[position:]
        texts, negatives = set(row[:2]), set(row[2:])
        if texts & (wanted | unwanted) or negatives & wanted:
            skipped.append(row)
        else:
            batch.append(row)
            wanted |= texts
            unwanted |= negatives
    return batch, skipped
