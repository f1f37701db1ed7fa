"""An empty project of the running sandbox, and the mutating calls of a run in it, as the sandbox saw them."""

from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path

import pytest

from tests.kill.cloud import Call, EmptyCloud
from tests.kill.scenarios import Scenario
from tests.kill.tuning import EmptyFolder
from tests.sandbox_process import SandboxProcess

Calls = Callable[[Scenario], list[Call]]


@pytest.fixture(scope="package")
def cloud(
    sandbox: SandboxProcess,
    prefect_storage: Path,  # noqa: ARG001  # the server must be up
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[EmptyCloud]:
    """Return the project; tests of other folders find it empty."""
    sandbox.reset()
    cloud = EmptyCloud.of(sandbox, tmp_path_factory.mktemp("documents"))
    yield cloud
    sandbox.reset()
    sandbox.empty()


@pytest.fixture(scope="package")
def calls(cloud: EmptyCloud) -> Calls:
    """Return a function that runs a scenario once, undisturbed, and returns every call that changed the project."""

    @cache
    def changes(scenario: Scenario) -> list[Call]:
        scenario.begin(cloud)()
        scenario.check(cloud)
        found = cloud.calls()
        assert len(found) == scenario.changes, [str(call) for call in found]
        return found

    return changes


@pytest.fixture(scope="package")
def folder(
    sandbox: SandboxProcess,
    prefect_storage: Path,  # noqa: ARG001  # the server must be up
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[EmptyFolder]:
    """Return the folder of Yandex Cloud; tests of other folders find it empty."""
    sandbox.reset()
    folder = EmptyFolder.of(sandbox, tmp_path_factory.mktemp("tuning"))
    yield folder
    folder.empty()
    sandbox.reset()


@pytest.fixture(scope="package")
def tuning_calls(folder: EmptyFolder) -> list[Call]:
    """Tune once from nothing and return every call that may have changed the folder."""
    folder.empty()
    folder.finetune()
    folder.check_one_of_each()
    return folder.calls()
