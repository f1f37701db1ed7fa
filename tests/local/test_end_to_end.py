"""The commands as a newcomer runs them: real sandbox, Prefect server, worker and flow, in a folder of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from local.layout import FOLDER_VARIABLE
from local.stack import ports

ROOT = Path(__file__).resolve().parents[2]
MINUTES_S = 280
OWN_FILES = {
    ".prefect/profiles.toml": 'active = "old"\n[profiles.old]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n',
    ".prefect/prefect.db": "the user's own runs",
    ".aws/credentials": "[default]\naws_access_key_id = of-the-user\n",
    "notes.txt": "canary",
}
"""What lies in the user's home before; an old Prefect profile names a server that is not there."""


@dataclass(frozen=True)
class Newcomer:
    """A user with an old Prefect profile and other files at home, whose shell points Prefect elsewhere."""

    home: Path
    folder: Path
    own_ports: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The user's variables; Hugging Face's cache is a place apart, as it may hold models."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return {
            **own,
            "HOME": str(self.home),
            "PREFECT_API_URL": "http://127.0.0.1:9/api",
            "PREFECT_PROFILE": "of the user",
            FOLDER_VARIABLE: str(self.folder),
            **self.own_ports,
        }

    def begin(self, command: str) -> subprocess.Popen[str]:
        """Start `make COMMAND` without make, which would look after the environment first."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: str) -> str:
        """Run it to its end and return what it printed; it must end with 0."""
        process = self.begin(command)
        printed, complaints = process.communicate(timeout=MINUTES_S)
        assert process.returncode == 0, printed + complaints
        return printed

    def processes(self) -> list[str]:
        """Return the command lines of everything that still runs for this user."""
        found: list[str] = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(FOLDER_VARIABLE) == str(self.folder):
                    found.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder, byte for byte, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"folder" for path in folder.rglob("*")
    }


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Return the user; whatever a failed test left running is ended."""
    path = tmp_path_factory.mktemp("newcomer")
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind((ports.HOST, 0))
        free = [str(probe.getsockname()[1]) for probe in (one, other)]
    variables = (ports.SANDBOX.variable, ports.PREFECT.variable)
    user = Newcomer(path / "home", path / "local", dict(zip(variables, free, strict=True)))
    for name, text in OWN_FILES.items():
        (user.home / name).parent.mkdir(parents=True, exist_ok=True)
        (user.home / name).write_text(text)
    yield user
    user.begin("down").communicate(timeout=MINUTES_S)


@pytest.mark.timeout(900)
def test_demo_answers_then_adopts_and_leaves_nothing_behind(newcomer: Newcomer) -> None:
    """The first demo creates and answers from the Russian file; in the second, on a stack that is up, nothing is new.

    Neither writes into the user's home or asks the user's own Prefect server, and after `make down` nothing runs.
    """
    at_home = contents(newcomer.home)
    first = newcomer.run("demo")
    assert re.search(r"created [1-9]\d*, adopted 0, updated 0", first)
    assert "14 дней, не считая дня покупки" in first
    assert "faq_products.txt" in first
    assert newcomer.processes() == []

    newcomer.run("up")
    second = newcomer.run("demo")
    assert re.search(r"created 0, adopted [1-9]\d*, updated 0", second)
    assert "is up already" in newcomer.run("up")

    assert newcomer.run("down") == "Ended: sandbox, server, worker.\n"
    assert newcomer.processes() == []
    assert contents(newcomer.home) == at_home


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_interrupted_demo_leaves_no_process(newcomer: Newcomer, number: signal.Signals, code: int) -> None:
    """A polite end (what Ctrl-C does too) and a kill while the flow runs: all that was started ends too."""
    process = newcomer.begin("demo")
    assert process.stdout
    for line in process.stdout:
        if "deployments: done" in line:
            break
    process.send_signal(number)
    process.communicate(timeout=MINUTES_S)
    assert process.returncode == code
    remaining = [psutil.Process(pid) for pid in psutil.pids() if _belongs(pid, newcomer.folder)]
    psutil.wait_procs(remaining, timeout=30)
    assert newcomer.processes() == []


def _belongs(pid: int, folder: Path) -> bool:
    try:
        return psutil.Process(pid).environ().get(FOLDER_VARIABLE) == str(folder)
    except psutil.Error:
        return False
