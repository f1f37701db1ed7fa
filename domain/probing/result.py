"""The result of a probe: a row for each assumption, one for each call, and the small tests with their prices."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from clouds.assumption import Assumed
from domain.probing.finding import DIFFERS, HOLDS, UNTOLD, Finding, Verdict
from domain.probing.small_tests import UNNAMED, SmallTest


class AssumptionRow(BaseModel):
    """One assumption: `set_to` is what to set in the block where it differs; test and price where none told."""

    model_config = ConfigDict(frozen=True)

    assumption: str
    verdict: Verdict
    value: Any
    set_to: Any = None
    why: str
    test: str = ""
    price: str = ""
    mark: str
    source: str


class CallRow(BaseModel):
    """One thing that was asked, in words, and what came of it."""

    model_config = ConfigDict(frozen=True)

    asked: str
    answer: Literal["answered", "refused", "not asked"]
    why: str = ""


class ProbeReport(BaseModel):
    """What `probe-cloud` found: `samples` says where the answers lie, `left` what a test could not delete."""

    model_config = ConfigDict(frozen=True)

    cloud: str
    vendor: Literal["Cloud.ru", "Yandex Cloud"]
    assumptions: tuple[AssumptionRow, ...]
    calls: tuple[CallRow, ...]
    tests_made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    samples: str = ""

    def having(self, verdict: Verdict) -> tuple[AssumptionRow, ...]:
        """Return the rows of one verdict."""
        return tuple(row for row in self.assumptions if row.verdict == verdict)

    @property
    def differing(self) -> tuple[AssumptionRow, ...]:
        """Return the rows where the cloud does otherwise than the block says."""
        return self.having(DIFFERS)

    @property
    def counts(self) -> str:
        """How many of each verdict, in one line."""
        count = Counter(row.verdict for row in self.assumptions)
        refused = sum(call.answer == "refused" for call in self.calls)
        verdicts = ", ".join(f"{count[verdict]} {verdict}" for verdict in (HOLDS, DIFFERS, UNTOLD))
        return f"{verdicts}; {len(self.calls)} calls, {refused} refused"


ORDER = {DIFFERS: 0, UNTOLD: 1, HOLDS: 2}


def rows_of(found: Sequence[tuple[Assumed, Finding]], tests: Mapping[str, SmallTest]) -> tuple[AssumptionRow, ...]:
    """Return a row for each finding, those that differ first; `tests` are by the place of a field in the block."""
    rows = [
        AssumptionRow(
            assumption=assumed.path,
            verdict=finding.verdict,
            value=assumed.value,
            set_to=finding.set_to,
            why=finding.why,
            test=tests.get(assumed.path, UNNAMED).what if finding.verdict == UNTOLD else "",
            price=tests.get(assumed.path, UNNAMED).price if finding.verdict == UNTOLD else "",
            mark=assumed.mark,
            source=assumed.source,
        )
        for assumed, finding in found
    ]
    return tuple(sorted(rows, key=lambda row: ORDER[row.verdict]))


def table(rows: Sequence[AssumptionRow]) -> list[dict[str, str]]:
    """Return the rows as a page shows them."""
    return [
        {
            "assumption": row.assumption,
            "verdict": row.verdict,
            "set in the block": written(row.set_to) if row.verdict == DIFFERS else "",
            "the block has": written(row.value),
            "why": row.why,
            "smallest test": row.test,
            "its price": row.price,
            "mark": f"{row.mark}: {row.source}",
        }
        for row in rows
    ]


def written(value: Any) -> str:
    """Return a value as the block's form takes it in JSON."""
    return json.dumps(value, ensure_ascii=False)
