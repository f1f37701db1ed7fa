"""An empty project of the running sandbox for the runs that are to be cut off."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.kill.cloud import EmptyCloud
from tests.kill.tuning import EmptyFolder
from tests.support.sandbox_process import SandboxProcess
from tests.support.stacks import look_often


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often in every test of this folder."""
    look_often(monkeypatch)


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
