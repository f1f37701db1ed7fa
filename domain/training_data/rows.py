"""Rows of training data, read as a stream: JSON lines of `anchor`, `positive` and, in triplets, `negative`.

A batch of lines is parsed and judged as a whole by loops in C; only when something in it is wrong is it looked through
line by line. So the usual, sound file costs little more than parsing it does (`bench.check_data`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from os import SEEK_END
from typing import Any, BinaryIO

import orjson

from clouds.yandex.specs import Kind
from domain.jsonl import keys_twice, kind_of
from domain.same_text import is_blank
from domain.text_bytes import NotTextError, check_head, not_utf8
from domain.training_data.faults import FaultKind, Faults

FIELDS: dict[Kind, tuple[str, ...]] = {"pair": ("anchor", "positive"), "triplet": ("anchor", "positive", "negative")}
"""Keys of a row. Source: docs/yandex-api.md, Training data."""
PIECE_BYTES = 1 << 18
LINE_LIMIT_BYTES = 1 << 24
"""A longer line is not kept in memory; a text that long is none."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NUL = rb"\u0000"
"""As JSON must write it."""
SHOWN_KEYS = 8
TAIL_BYTES = 1 << 16

Columns = tuple[Sequence[str], ...]


class _RowError(Exception):
    """What is wrong with a line."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


@dataclass(frozen=True)
class Batch:
    """Some lines of a file: its bytes, and a column of texts for each field; a faulty line has empty texts."""

    first_line: int
    content: bytes
    columns: Columns


def is_tidy(file: BinaryIO) -> bool:
    """Say whether a file has neither a byte order mark at its beginning nor blank lines at its end."""
    if file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
        return False
    file.seek(max(0, file.seek(0, SEEK_END) - TAIL_BYTES))
    tail = file.read()
    return not tail or bool(tail.removesuffix(b"\n").rpartition(b"\n")[2].strip())


def read_batches(file: BinaryIO, kind: Kind, place: str, faults: Faults) -> Iterator[Batch]:
    """Give all lines of the file, which is called `place` in faults.

    Every byte is in the content of one batch, but for what is not uploaded: a byte order mark at the beginning and
    blank lines at the end.
    """
    rest, line = b"", 1
    while piece := file.read(PIECE_BYTES):
        if line == 1 and not rest:
            try:
                check_head(piece)
            except NotTextError as error:
                faults.add("not_json", place, None, str(error))
                return
            piece = piece.removeprefix(BYTE_ORDER_MARK)
        content = rest + piece
        end = content.rfind(b"\n", 0, len(content.rstrip()) + 1) + 1  # blank lines may be those at the end
        if not end and len(content) > LINE_LIMIT_BYTES:
            raise_line = f"is longer than {LINE_LIMIT_BYTES >> 20} MiB: write one JSON object a line, not an array"
            faults.add("not_json", place, line, raise_line)
            return
        rest = content[end:]
        if end:
            batch = _batch(content[:end], line, kind, place, faults)
            line += len(batch.columns[0])
            yield batch
    if rest.strip():
        yield _batch(rest, line, kind, place, faults)


def _batch(content: bytes, first_line: int, kind: Kind, place: str, faults: Faults) -> Batch:
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    fields = FIELDS[kind]
    # Of a key that stands twice the parser takes the last.
    once_each = all(content.count(b'"%b"' % field.encode()) == len(lines) for field in fields)
    columns = _sound(lines, fields) if once_each and NUL not in content else None
    if columns is None:
        columns = _looked_through(lines, first_line, kind, place, faults)
    return Batch(first_line, content, columns)


def _sound(lines: Sequence[bytes], fields: tuple[str, ...]) -> Columns | None:
    """Return the columns of lines that are all sound; None when one is not."""
    try:
        rows = list(map(orjson.loads, lines))
        columns: Columns = tuple(zip(*map(itemgetter(*fields), rows), strict=True))
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    if set(map(len, rows)) != {len(fields)}:
        return None
    for column in columns:
        if set(map(type, column)) != {str} or any(map(is_blank, column)):
            return None
    return columns


def _looked_through(lines: Sequence[bytes], first_line: int, kind: Kind, place: str, faults: Faults) -> Columns:
    fields = FIELDS[kind]
    nothing = ("",) * len(fields)
    rows: list[tuple[str, ...]] = []
    for number, line in enumerate(lines, start=first_line):
        try:
            rows.append(_row(line, kind, fields))
        except _RowError as error:
            faults.add(error.kind, place, number, str(error))
            rows.append(nothing)
    return tuple(zip(*rows, strict=True))


def _row(line: bytes, kind: Kind, fields: tuple[str, ...]) -> tuple[str, ...]:
    row = _object(line)
    wanted = " and ".join((", ".join(fields[:-1]), fields[-1]))
    if twice := keys_twice(line):
        raise _RowError("wrong_keys", f"has the key {twice[0]!r} twice; keep one")
    if set(row) != set(fields):
        keys = [repr(key) for key in row][:SHOWN_KEYS]
        raise _RowError("wrong_keys", f"has the keys {', '.join(keys) or '(none)'}; a {kind} has {wanted}, no others")
    for field in fields:
        text = row[field]
        if not isinstance(text, str):
            raise _RowError("not_text", f"{field} is {kind_of(text)}; write it in quotes")
        if is_blank(text):
            empty = "is empty" if not text.strip() else "holds only characters that are not seen"
            raise _RowError("empty_text", f"{field} {empty}; write its text or drop the line")
        if "\0" in text:
            raise _RowError("not_text", f"{field} has the character NUL, which is no text; take it out")
    return tuple(row[field] for field in fields)


def _object(line: bytes) -> dict[str, Any]:
    if not line.strip():
        raise _RowError("not_json", "is blank; drop it")
    if line.startswith(BYTE_ORDER_MARK):
        raise _RowError("not_json", "begins with a byte order mark, as where two files were joined; take it out")
    try:
        row = orjson.loads(line)
    except ValueError as error:
        try:
            line.decode()
        except UnicodeDecodeError as not_text:
            raise _RowError("not_json", f"is not UTF-8. {not_utf8(not_text)}") from error
        array = ", not an array over several" if line.strip() in {b"[", b"]", b"{", b"}", b"},"} else ""
        raise _RowError("not_json", f"is not JSON ({error}); write one object a line{array}") from error
    if not isinstance(row, dict):
        raise _RowError("not_json", f"is {kind_of(row)} and not an object; write one object a line")
    return row
