"""What can be wrong in training data: all faults are counted, the first of each kind are kept with their lines."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal

from clouds.errors import ConfigurationError
from domain.part import Part

Tolerable = Literal[
    "duplicate", "long_text", "same_text", "leakage", "positive_is_negative", "repeated_positive", "repeated_anchor"
]
"""`same_text`: an anchor that is its own positive or negative; `leakage`: an anchor of training in the validation data;
`positive_is_negative`: of one anchor; `repeated_positive`, `repeated_anchor`: one that half of the rows have, or few
that share all rows among them. A file with these can be read by the service."""
FaultKind = (
    Tolerable | Literal["not_json", "wrong_keys", "not_text", "empty_text", "few_rows", "large_file", "same_file"]
)
LISTED = 20


class Fault(Part):
    """What is wrong, and where; `line` counts from 1, None when the file as a whole is meant."""

    kind: FaultKind
    place: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.place}{'' if self.line is None else f', line {self.line}'}: {self.message}"


class Faults:
    """Collects faults in memory that does not grow with their number."""

    def __init__(self) -> None:
        self.totals: Counter[FaultKind] = Counter()
        self.listed: list[Fault] = []

    def add(self, kind: FaultKind, place: str, line: int | None, message: str) -> None:
        """Count one, and keep it when it is among the first of its kind."""
        self.add_counted(kind, 1, [Fault(kind=kind, place=place, line=line, message=message)])

    def add_counted(self, kind: FaultKind, total: int, first: Sequence[Fault]) -> None:
        """Count `total`, of which `first` are the first."""
        self.listed += first[: max(0, LISTED - self.totals[kind])]
        self.totals[kind] += total

    def refuse(self, tolerated: Collection[Tolerable]) -> None:
        """Raise ConfigurationError, with a line for each of the first faults, unless all are tolerated."""
        total = sum(count for kind, count in self.totals.items() if kind not in tolerated)
        said = [str(fault) for fault in self.listed if fault.kind not in tolerated][:LISTED]
        if total:
            rest = total - len(said)
            raise ConfigurationError(*said, *([f"and {rest} more"] if rest else []))
