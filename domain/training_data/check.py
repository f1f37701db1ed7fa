"""One pass over training data: every line is judged, and the files to be uploaded are named by their content."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

import numpy as np

from clouds.yandex.specs import Kind
from domain.part import Part
from domain.training_data.faults import Fault, FaultKind, Faults, Tolerable
from domain.training_data.files import PreparedFile, RowWriter, parted
from domain.training_data.lengths import FieldLengths, TextLengths
from domain.training_data.repeats import Relation, TextDigests, repeats, spread, text_digests
from domain.training_data.rows import FIELDS, Batch, is_tidy, read_batches
from domain.training_data.spec import TrainingDataSpec

EXAMPLES = 3
SAID: dict[Relation, str] = {
    "duplicate": "repeats {other}; drop one, or it counts twice",
    "same_text": "the anchor is its own positive or negative; it teaches nothing",
    "leakage": "its anchor is in the training data, {other}; take it out of one of them",
    "positive_is_negative": "its negative is a positive of the same anchor in {other}; decide which it is",
}
REPEATED: dict[str, tuple[Tolerable, str]] = {
    "positive": ("repeated_positive", "where few texts answer whatever is asked nothing is learned"),
    "anchor": ("repeated_anchor", "where few questions are asked no other is learned"),
}
SHARED_MOST = 0.2
"""Odds that two rows have the same text, from which on it is a fault: five texts, evenly spread. The others of a batch
are the negatives of a row, so that the loss then counts a fifth of the right answers as wrong."""

BytesRead = Callable[[int], None]


class ExampleRow(Part):
    """The texts of a row, in the order of the fields, without prefixes."""

    texts: tuple[str, ...]


class CheckedData(Part):
    """Files to upload, and what was found in the data; `faults` are the first of each kind, `totals` counts all."""

    kind: Kind
    training: tuple[PreparedFile, ...]
    validation: PreparedFile | None
    lengths: tuple[FieldLengths, ...]
    examples: tuple[ExampleRow, ...]
    totals: dict[FaultKind, int]
    faults: tuple[Fault, ...]


class Sources(Protocol):
    """How the files of a spec are read. Each function raises ConfigurationError when one cannot be."""

    def size_bytes(self, place: str) -> int:
        """Return the size of a file."""
        ...

    def opened(self, place: str) -> AbstractContextManager[BinaryIO]:
        """Open a file."""
        ...

    def real_place(self, place: str) -> str:
        """Return one spelling of all those of a file."""
        ...


class Check:
    """A look at the data of one spec. `folder` is where files that must be written for the upload go."""

    def __init__(
        self, spec: TrainingDataSpec, folder: Path, sources: Sources, on_read: BytesRead = lambda _: None
    ) -> None:
        self.faults = Faults()
        self._spec = spec
        self._sources = sources
        self._folder = folder
        self._on_read = on_read
        self._fields = FIELDS[spec.kind]
        self._prefixes = (spec.prefixes.query, *[spec.prefixes.document] * (len(self._fields) - 1))
        self._lengths = TextLengths(self._prefixes)
        self._examples: list[ExampleRow] = []
        self._begins: list[tuple[int, str]] = []
        """First row among those of all files, and the file."""
        self._named: dict[str, str] = {}
        """Each file, without links, and how it was named."""

    def run(self) -> CheckedData:
        """Read everything. Nothing is refused here: `faults` tells what is wrong."""
        spec = self._spec
        with ExitStack() as stack, text_digests(len(self._fields)) as digests:
            held_out = stack.enter_context(self._writer("validation")) if spec.validation_fraction else None
            sources = [source for source in spec.sources if self._is_another(source)]
            training = [self._file(source, digests, "training", stack, held_out) for source in sources]
            validation_from = digests.rows
            validation = [held_out.finish()] if held_out else []
            if spec.validation is not None and self._is_another(spec.validation):
                validation = [self._file(spec.validation, digests, "validation", stack, None)]
            self._name_copies(sources, training)
            self._name_repeats(digests, validation_from)
            anchors = self._name_repeated("anchor", digests, validation_from)
            self._name_repeated("positive", digests, validation_from)
            self._judge_sizes(sources, training, validation, anchors)
        return CheckedData(
            kind=spec.kind,
            training=tuple(training),
            validation=validation[0] if validation else None,
            lengths=self._lengths.of_fields(self._fields),
            examples=tuple(self._examples),
            totals=dict(self.faults.totals),
            faults=tuple(self.faults.listed),
        )

    def _writer(self, part: str, source: str = "") -> RowWriter:
        stem = "-".join(filter(None, (part, PurePosixPath(source).stem)))
        return RowWriter(self._folder, stem, self._fields, self._prefixes)

    def _file(
        self, source: str, digests: TextDigests, part: str, stack: ExitStack, held_out: RowWriter | None
    ) -> PreparedFile:
        """Read a file; return it, or the one that was written for it."""
        batches = self._batches(source, digests)
        if held_out is None and not any(self._prefixes) and self._is_tidy(source):
            return _as_it_is(source, batches)
        writer = stack.enter_context(self._writer(part, source))
        for batch in batches:
            if held_out is None:
                writer.write(batch.columns)
            else:
                trained, held = parted(batch.columns, self._spec.validation_fraction)
                writer.write(trained)
                held_out.write(held)
        return writer.finish()

    def _is_tidy(self, source: str) -> bool:
        with self._sources.opened(source) as file:
            return is_tidy(file)

    def _batches(self, source: str, digests: TextDigests) -> Iterator[Batch]:
        """Read a file, and take down of each batch what the whole is judged by."""
        self._begins.append((digests.rows, source))
        size = self._sources.size_bytes(source)
        if size > self._spec.size_limit_bytes:
            self._too_large(source, size)
            return
        with self._sources.opened(source) as file:
            for batch in read_batches(file, self._spec.kind, source, self.faults):
                digests.add(batch.columns)
                self._look_at_lengths(batch, source)
                if len(self._examples) < EXAMPLES:
                    rows = [ExampleRow(texts=row) for row in zip(*batch.columns, strict=True) if row[0]]
                    self._examples += rows[: EXAMPLES - len(self._examples)]
                self._on_read(len(batch.content))
                yield batch

    def _look_at_lengths(self, batch: Batch, source: str) -> None:
        limit = self._spec.text_limit_characters
        for field, lengths in zip(self._fields, self._lengths.add(batch.columns), strict=True):
            for place in np.flatnonzero(lengths > limit):
                message = (
                    f"{field} has {lengths[place]} characters with its prefix, over {limit}; shorten it, or the "
                    "service may read only its beginning"
                )
                self.faults.add("long_text", source, batch.first_line + int(place), message)

    def _name_repeats(self, digests: TextDigests, validation_from: int) -> None:
        for relation, found in repeats(digests, validation_from).items():
            faults: list[Fault] = []
            for row, other in found.first:
                place, line = self._place(row)
                other_place, other_line = self._place(other)
                said = f"line {other_line}" if other_place == place else f"{other_place}, line {other_line}"
                message = SAID[relation].format(other=said)
                faults.append(Fault(kind=relation, place=place, line=line, message=message))
            self.faults.add_counted(relation, found.total, faults)

    def _name_repeated(self, field: str, digests: TextDigests, validation_from: int) -> int:
        """Name a field of which too many rows have the same text; return how many texts there are."""
        found = spread(digests, self._fields.index(field), validation_from)
        if found.most > 1 and (2 * found.most >= found.rows or found.shared >= SHARED_MOST):
            kind, why = REPEATED[field]
            message = (
                f"its {field} is that of {found.most} of the {found.rows} training rows (different {field}s: "
                f"{found.different}): {why}; add rows with other {field}s"
            )
            self.faults.add(kind, *self._place(found.first), message)
        return found.different

    def _is_another(self, source: str) -> bool:
        """Say whether a file is none of those before it, and name it if it is."""
        place = self._sources.real_place(source)
        if place in self._named:
            said = f"is the same file as {self._named[place]}, which is named already; name it once"
            self.faults.add("same_file", source, None, said)
            return False
        self._named[place] = source
        return True

    def _name_copies(self, sources: Sequence[str], files: Sequence[PreparedFile]) -> None:
        first: dict[str, str] = {}
        for source, file in zip(sources, files, strict=True):
            if file.rows and (other := first.setdefault(file.sha256, source)) is not source:
                self.faults.add("same_file", source, None, f"has the content of {other}; name one of them")

    def _place(self, row: int) -> tuple[str, int]:
        begin, source = next((begin, source) for begin, source in reversed(self._begins) if begin <= row)
        return source, row - begin + 1

    def _judge_sizes(
        self,
        sources: Sequence[str],
        training: Sequence[PreparedFile],
        validation: Sequence[PreparedFile],
        anchors: int,
    ) -> None:
        for file in (*training, *validation):
            if file.size_bytes > self._spec.size_limit_bytes:
                self._too_large(file.place, file.size_bytes)
        rows, least = sum(file.rows for file in training), self._spec.rows_min
        held_out = sum(file.rows for file in validation)
        if self._spec.validation_fraction and rows + held_out >= least and not (rows and held_out):
            message = (
                f"validation_fraction parts the rows by their anchors, of which there are {anchors}: it leaves {rows} "
                f"rows for training and {held_out} for validation; add rows with other anchors, or give validation "
                "data of its own"
            )
            self.faults.add("few_rows", ", ".join(self._spec.sources), None, message)
            return
        if rows < least:
            message = f"{rows} sound training rows, fewer than {least}; add more, or lower rows_min"
            self.faults.add("few_rows", ", ".join(self._spec.sources), None, message)
        for source, file in zip(sources, training, strict=True):
            if file.rows == 0 and len(training) > 1:
                self.faults.add("few_rows", source, None, "no sound row in this file; leave it out")
        if any(file.rows == 0 for file in validation):
            message = "no sound row for validation; give more, raise the fraction, or leave validation out"
            self.faults.add("few_rows", self._spec.validation or ", ".join(self._spec.sources), None, message)

    def _too_large(self, place: str, size: int) -> None:
        limit = self._spec.size_limit_bytes
        message = f"has {size / 1e9:.2f} GB, over the limit of {limit / 1e9:g} GB a dataset; split it into several"
        self.faults.add("large_file", place, None, message)


def _as_it_is(source: str, batches: Iterator[Batch]) -> PreparedFile:
    sha256, size, rows = hashlib.sha256(), 0, 0
    for batch in batches:
        sha256.update(batch.content)
        size += len(batch.content)
        rows += len(batch.columns[0]) - batch.columns[0].count("")
    return PreparedFile(place=source, sha256=sha256.hexdigest(), size_bytes=size, rows=rows)
