"""The flows against a sandbox whose answers are spoilt, and the table of how they ended."""

from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from prefect.events.clients import NullEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from clouds.cloudru.assumptions import Assumptions, ConnectionAssumptions, InferenceAssumptions
from clouds.yandex import assumptions as yandex
from tests.faults.cell import Cell
from tests.faults.kinds import DEADLINE_S, FOR_EVER, KINDS, VISIBLE_WITHIN_S
from tests.faults.patience import without_patience
from tests.faults.scenarios import Case, case_of_tuning, cases_of, hurried, hurried_tuning
from tests.kill.cloud import BLOCK, EmptyCloud
from tests.kill.tuning import YANDEX_BLOCK, EmptyFolder
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import save_blocks
from tests.support.tunings import FAST, save_yandex_block


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing longer than the faults need."""
    without_patience(monkeypatch)


@pytest.fixture(scope="package")
def quiet_server(prefect_storage: Path) -> Generator[Path]:
    """Keep events and log lines from Prefect's server: what a flow raises and what the cloud holds judges a cell."""
    EventsWorker.set_client_override(NullEventsClient)
    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield prefect_storage
    EventsWorker.set_client_override(None)


@pytest.fixture(scope="package")
def case_of(
    sandbox: SandboxProcess,
    quiet_server: Path,  # noqa: ARG001  # the server must be up
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Callable[[Cell], Case]]:
    """Return what finds the flow of a cell; tests of other folders find the project and the folder empty."""
    sandbox.reset()
    cloud = EmptyCloud.of(sandbox, tmp_path_factory.mktemp("documents"))
    seen = ConnectionAssumptions(visible_within_s=VISIBLE_WITHIN_S)
    save_blocks(
        BLOCK, sandbox, assumptions=Assumptions(connection=seen, inference=InferenceAssumptions(embedder_uris=True))
    )
    folder = EmptyFolder.of(sandbox, tmp_path_factory.mktemp("tuning"))
    assumed = yandex.Assumptions(
        connection=yandex.ConnectionAssumptions(visible_within_s=VISIBLE_WITHIN_S),
        embedding=yandex.EmbeddingAssumptions(calls_per_second=FAST),
    )
    save_yandex_block(YANDEX_BLOCK, sandbox, assumptions=assumed)
    cases = {False: cases_of(cloud), True: cases_of(hurried(cloud, DEADLINE_S))}
    tunings = {False: case_of_tuning(folder), True: case_of_tuning(hurried_tuning(folder, DEADLINE_S))}
    for is_hurried, tuning in tunings.items():
        cases[is_hurried][tuning.name] = tuning
    cases[False]["status"].begin()  # what the sandbox loads once does not count
    yield lambda cell: cases[cell.times == FOR_EVER][cell.case]
    folder.empty()
    cloud.empty()
    sandbox.reset()
    sandbox.empty()
    save_blocks(BLOCK, sandbox)
    save_yandex_block(YANDEX_BLOCK, sandbox)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how the cells ended, one row a fault: what bench/RESULTS.md shows."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in (*KINDS, "two in a row", "for ever")}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for _, value in (pair for pair in getattr(report, "user_properties", ()) if pair[0] == "cell"):
                if getattr(report, "when", "") == "call":
                    row, ending = value.split("\t")
                    counts[row][ending] += 1
    if not any(counts.values()):
        return
    terminalreporter.section("faults")
    terminalreporter.write_line("| fault | survived | one clear error, the next run heals | failed |")
    terminalreporter.write_line("|---|---|---|---|")
    for row, endings in counts.items():
        cells = " | ".join(str(endings[ending]) for ending in ("survived", "healed", "failed"))
        terminalreporter.write_line(f"| {row} | {cells} |")
