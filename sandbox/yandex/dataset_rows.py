"""The rows of a dataset: each line is read and checked, faults are gathered by kind. No network.

Texts and names of the faults are the sandbox's own: the service's are not published.
"""

import json
from typing import Any

from sandbox.yandex.dataset_state import RowFault
from sandbox.yandex.dataset_types import Column, are_messages

MOST_ROW_NUMBERS = 1000
"""Of one kind of fault, so that an answer stays a message."""

Fault = tuple[str, str]


class RowCheck:
    """Takes lines one by one. `first_row_number`: 0 or 1, which of them the service counts from is not known."""

    def __init__(self, columns: dict[str, Column], first_row_number: int) -> None:
        self._columns, self._first_row_number = columns, first_row_number
        self._rows_by_fault: dict[Fault, list[int]] = {}
        self.total_rows = 0
        self.valid_rows = 0

    def take(self, line: bytes) -> dict[str, Any] | None:
        """Check a line and return its row, or None when it has faults."""
        number = self.total_rows + self._first_row_number
        self.total_rows += 1
        row = _read(line)
        faults = [row] if isinstance(row, tuple) else self._faults_of(row)
        for fault in faults:
            rows = self._rows_by_fault.setdefault(fault, [])
            if len(rows) < MOST_ROW_NUMBERS:
                rows.append(number)
        if faults or isinstance(row, tuple):
            return None
        self.valid_rows += 1
        return row

    def faults(self, min_rows: int) -> list[RowFault]:
        """Return what was found, with fewer rows than `min_rows` as a fault of its own."""
        found = [
            RowFault(error=error, description=description, row_numbers=rows)
            for (error, description), rows in self._rows_by_fault.items()
        ]
        if self.total_rows < min_rows:
            few = f"the dataset has {self.total_rows} rows, at least {min_rows} are needed"
            found.append(RowFault(error="TOO_FEW_ROWS", description=few, row_numbers=[]))
        return found

    def _faults_of(self, row: dict[str, Any]) -> list[Fault]:
        faults: list[Fault] = []
        for column, kind in self._columns.items():
            if column not in row:
                faults.append(("MISSING_FIELD", f"field {column!r} is missing"))
            elif kind == "messages":
                if not are_messages(row[column]):
                    faults.append(("WRONG_TYPE", f"field {column!r} must be a list of messages with role and text"))
            elif not isinstance(row[column], str):
                faults.append(("WRONG_TYPE", f"field {column!r} must be a string"))
            elif not row[column].strip():
                faults.append(("EMPTY_FIELD", f"field {column!r} is empty"))
        unknown = sorted(set(row) - set(self._columns))
        return [*faults, *(("UNKNOWN_FIELD", f"field {name!r} is not in the schema") for name in unknown)]


def _read(line: bytes) -> dict[str, Any] | Fault:
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError:
        return ("INVALID_ENCODING", "the line is not UTF-8")
    except ValueError:
        return ("INVALID_JSON", "the line is not JSON")
    return row if isinstance(row, dict) else ("INVALID_JSON", "the line is not a JSON object")
