"""One look at a cloud after the other: what fails is a row with its reason, and the next one is asked."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from prefect import get_run_logger

from clouds.errors import CloudError
from clouds.recorder import Recorder
from domain.probing.made import Made
from domain.probing.result import CallRow
from domain.probing.seen import Seen

T = TypeVar("T")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True)
class Looked:
    """What a probe has seen so far, with a row for each call."""

    seen: Seen
    calls: tuple[CallRow, ...]
    secrets: tuple[str, ...]
    """What must not be found in a file: kept in memory, never written."""
    left: tuple[Made, ...] = ()
    """What a small test could not delete."""
    tests: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Looked({len(self.seen.answers)} answers)"


@dataclass
class Looker:
    """Asks, and writes down what came of it."""

    recorder: Recorder = field(default_factory=Recorder)
    rows: list[CallRow] = field(default_factory=list[CallRow])

    def ask(self, asked: str, call: Callable[[], T]) -> T | None:
        """Return the answer; None when there was none, and why is in a row."""
        try:
            answer = call()
        except CloudError as error:
            self.rows.append(CallRow(asked=asked, answer="refused", why=error.message))
        except Exception as error:  # noqa: BLE001  # an answer that is not expected must not end the probe
            get_run_logger().warning("%s: %s", asked, type(error).__name__)
            self.rows.append(CallRow(asked=asked, answer="refused", why=f"not understood: {type(error).__name__}"))
        else:
            self.rows.append(CallRow(asked=asked, answer="answered"))
            return answer
        return None

    def leave_out(self, asked: str, why: str) -> None:
        """Write down what was not asked."""
        self.rows.append(CallRow(asked=asked, answer="not asked", why=why))


def has_proxy() -> bool:
    """Say whether the environment names a proxy."""
    return any(os.environ.get(name) for name in PROXIES)
