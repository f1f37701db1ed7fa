"""Whatever the network does to a call of a flow: it survives, or one clear error ends it and the next run heals."""

import os
import random
from collections.abc import Callable

import pytest

from tests.faults.cell import Cell
from tests.faults.failed_once import FAILED_ONCE
from tests.faults.kinds import FOR_EVER, KINDS, PERMANENT, TWO_IN_A_ROW
from tests.faults.operations import operations_of, read, write
from tests.faults.scenarios import NAMES, Case

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]
SAMPLED = 6
WHOLE = os.environ.get("FAULTS", "") in ("all", "record")
RECORD = os.environ.get("FAULTS", "") == "record"
SEED = os.environ.get("FAULT_SEED", "0")
"""Which cells the sample has: every number gives another one, the same each time."""
OPERATIONS = read()


def every_cell() -> list[Cell]:
    """Return the whole matrix."""
    asked = [(name, operation) for name in NAMES for operation in OPERATIONS.get(name, ())]
    cells = [Cell(name, operation, kind) for name, operation in asked for kind in KINDS]
    cells += [Cell(name, operation, kind, 2) for name, operation in asked for kind in TWO_IN_A_ROW]
    cells += [Cell(name, operation, PERMANENT, FOR_EVER) for name, operation in asked]
    return [cell for cell in cells if cell.makes_sense]


def chosen() -> list[Cell]:
    """Return the cells of this run: all, one part of them, or those that failed once and a sample of the others."""
    cells = every_cell()
    if WHOLE:
        number, _, parts = (os.environ.get("FAULT_PART") or "1/1").partition("/")
        cells = cells[int(number) - 1 :: int(parts)]
        sampled = os.environ.get("FAULT_SAMPLE", "")
        return random.Random(SEED).sample(cells, int(sampled)) if sampled else cells  # noqa: S311  # chooses tests
    others = [cell for cell in cells if cell not in FAILED_ONCE]
    return [*FAILED_ONCE, *random.Random(SEED).sample(others, SAMPLED)]  # noqa: S311  # chooses tests


@pytest.mark.parametrize("cell", chosen(), ids=str)
def test_one_fault(case_of: Callable[[Cell], Case], cell: Cell, record_property: Callable[[str, object], None]) -> None:
    """The flow survives it, or says what happened and the next run completes the work; nothing is there twice."""
    row = {1: cell.kind, FOR_EVER: "for ever"}.get(cell.times, "two in a row")
    ending = "failed"
    try:
        ended = cell.play(case_of(cell))
        ending = ended.name
        record_property("error", ended.error)
    finally:
        record_property("cell", f"{row}\t{ending}")


@pytest.mark.skipif(not WHOLE, reason="the matrix itself is played by `make faults`")
@pytest.mark.parametrize("name", NAMES)
def test_an_undisturbed_run_asks_these(case_of: Callable[[Cell], Case], name: str) -> None:
    """The matrix has every operation of the flow and no other."""
    case = case_of(Cell(name, "", ""))
    case.begin()()
    asked = operations_of(case.sandbox.requests())
    case.check()
    if RECORD:
        write({**read(), name: asked})
    else:
        assert asked == OPERATIONS[name]
