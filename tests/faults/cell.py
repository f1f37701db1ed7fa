"""One cell of the matrix: a flow, one of its operations, a fault, and how it ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from clouds.errors import CloudError
from sandbox.settings import HUGGING_FACE_TOKEN, KEY_SECRET, YANDEX_API_KEY
from tests.faults.kinds import ENDS_WITHIN_S, FOR_EVER, KINDS
from tests.faults.operations import MADE_TWICE
from tests.faults.scenarios import Case

LONGEST_MESSAGE = 1500


@dataclass(frozen=True)
class Ending:
    """How a cell ended; `error` is what the first run said when the next one had to heal."""

    name: Literal["survived", "healed"]
    error: str = ""


@dataclass(frozen=True)
class Cell:
    """A fault of the first requests of an operation: one, two in a row, or all of them."""

    case: str
    operation: str
    kind: str
    times: int = 1

    def __str__(self) -> str:
        again = {1: "", FOR_EVER: " for ever"}.get(self.times, f" x{self.times}")
        return f"{self.case}: {self.kind}{again}: {self.operation}"

    @property
    def makes_sense(self) -> bool:
        """Whether the fault can happen to that operation, and the vendor lets a client tell."""
        only = KINDS[self.kind].only
        method = self.operation.partition(" ")[0]
        return (not only or method in only) and not (self.kind == "twice" and MADE_TWICE.search(self.operation))

    def play(self, case: Case) -> Ending:
        """Let the flow meet the fault, and run it again if that ended it; assert what must hold then."""
        run = case.begin()
        kind = KINDS[self.kind]
        method, _, path = self.operation.partition(" ")
        case.sandbox.set(**kind.settings)
        case.sandbox.fault(path, method=method, client=True, times=self.times, **kind.order)
        begun_s = time.monotonic()
        try:
            ending = _ending(run)
            assert time.monotonic() - begun_s < ENDS_WITHIN_S, "the run did not end in time"
            assert self._was_used(case), "the flow did not ask this: record the operations anew"
        finally:
            case.sandbox.control.delete("/faults").raise_for_status()
            case.sandbox.set(listed_after_s=0.0)
        if ending.error:
            case.check_meanwhile()
            case.free()
            run()
        case.check()
        return ending

    def _was_used(self, case: Case) -> bool:
        """Whether the fault happened: once is enough where the flow does not ask twice."""
        report = case.sandbox.control.get("/faults").raise_for_status().json()
        return all(fault["used"] > 0 for fault in report["faults"])


def _ending(run: Callable[[], object]) -> Ending:
    try:
        run()
    except Exception as error:  # noqa: BLE001  # whatever it is, it must be one of ours
        check_clear(error)
        return Ending("healed", str(error))
    return Ending("survived")


def check_clear(error: BaseException) -> None:
    """Assert that a person can act on it: one line of ours, no trace of Prefect or a library, no secret."""
    assert isinstance(error, CloudError), f"not an error of ours: {error!r}"
    text = str(error)
    assert text.strip(), "the error says nothing"
    assert "\n" not in text.strip(), f"more than a line: {text}"
    assert len(text) <= LONGEST_MESSAGE, f"too long: {text}"
    assert not any(secret in text for secret in (HUGGING_FACE_TOKEN, KEY_SECRET, YANDEX_API_KEY))
