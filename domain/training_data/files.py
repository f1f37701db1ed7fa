"""Files that are uploaded instead of the user's own: with prefixes before the texts, or parted into two."""

import hashlib
import tempfile
from collections.abc import Sequence
from itertools import compress, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from domain.part import Part
from domain.same_text import plain
from domain.training_data.rows import Columns


class PreparedFile(Part):
    """A file to be uploaded as it is: its place (path or fsspec URL), SHA-256 in hex, size in bytes, and rows."""

    place: str
    sha256: str
    size_bytes: int
    rows: int


class RowWriter:
    """Writes JSON lines into a folder; the finished file is named by its content, an unfinished one is removed."""

    def __init__(self, folder: Path, stem: str, fields: Sequence[str], prefixes: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix=f".{stem}-", delete=False)  # noqa: SIM115  # closed by __exit__
        self._path = Path(self._file.name)
        self._stem = stem
        self._fields = fields
        self._prefixes = prefixes
        self._sha256 = hashlib.sha256()
        self._size_bytes = 0
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, columns: Columns) -> None:
        """Write rows; those without texts, which stand for faulty lines, are left out."""
        if "" in columns[0]:
            columns = _chosen(columns, columns[0])
        prefixed = [
            [prefix + text for text in column] if prefix else column
            for prefix, column in zip(self._prefixes, columns, strict=True)
        ]
        rows = map(dict, map(zip, repeat(self._fields), zip(*prefixed, strict=True)))
        lines = [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows]
        content = b"".join(lines)
        self._sha256.update(content)
        self._file.write(content)
        self._size_bytes += len(content)
        self._rows += len(lines)

    def finish(self) -> PreparedFile:
        """Give the file its name; the same content has the same name."""
        self._file.close()
        digest = self._sha256.hexdigest()
        final = self._path.with_name(f"{self._stem}-{digest[:16]}.jsonl")
        self._path.replace(final)
        return PreparedFile(place=str(final), sha256=digest, size_bytes=self._size_bytes, rows=self._rows)


def parted(columns: Columns, share: float) -> tuple[Columns, Columns]:
    """Part rows into training and validation: about `share` of all anchors, chosen by their content alone.

    So the parts are the same in every run and in any order of the rows, and no anchor is in both in any spelling.
    """
    limit = int(share * 2**64)
    held_out = [
        int.from_bytes(hashlib.blake2b(plain(anchor).encode(), digest_size=8).digest()) < limit for anchor in columns[0]
    ]
    return _chosen(columns, [not held for held in held_out]), _chosen(columns, held_out)


def _chosen(columns: Columns, rows: Sequence[object]) -> Columns:
    """Return the rows of which `rows` has something true."""
    return tuple([*compress(column, rows)] for column in columns)
