"""A Prefect server and workers, each as on a machine of its own: to be measured, to lose their power, to come back."""

import contextlib
import socket
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local import environment, processes
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.processes import Root

HOST = "127.0.0.1"
POOL = "fleet"
ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 120.0
STOPPED_WITHIN_S = 10.0
RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""The worker tells it to the process of a run."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Machine:
    """A command with a home of its own; `command` is what follows `python -m MODULE`."""

    name: str
    command: tuple[str, ...]
    folder: Path
    api_url: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: Path = ROOT
    module: str = "prefect"
    _root: Root | None = None

    @property
    def log(self) -> Path:
        """What it has said since its last start."""
        return self.folder / f"{self.name}.log"

    def environment(self) -> dict[str, str]:
        """Return its environment variables, and make its home."""
        layout = Layout(root=ROOT, folder=self.folder / self.name)
        layout.make_folders()
        return {**environment.of_stack(layout, self.api_url), **self.variables}

    def start(self) -> None:
        """Start it."""
        command = (sys.executable, "-m", self.module, *self.command)
        self._root = processes.start(
            self.name, command, env=self.environment(), cwd=self.cwd, log=self.log, dies_with_us=True
        )

    def processes(self) -> list[psutil.Process]:
        """Return it and what it has started; nothing when it does not run."""
        if self._root is None or not processes.is_alive(self._root):
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._root.pid)
            return [root, *root.children(recursive=True)]
        return []

    def runs(self) -> dict[str, psutil.Process]:
        """Return the flow runs that have a process here, by id."""
        found: dict[str, psutil.Process] = {}
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                found[process.environ().get(RUN_VARIABLE, "")] = process
        found.pop("", None)
        return found

    def kill(self) -> None:
        """Let it lose its power: it and all that it has started get SIGKILL."""
        _kill(self.processes())

    def stop(self) -> None:
        """End it as SIGTERM does; what is left after that is killed."""
        those = self.processes()
        if those:
            those[0].terminate()
            _kill(psutil.wait_procs(those, timeout=STOPPED_WITHIN_S)[1])

    def tail(self) -> str:
        """Return the end of what it said."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]


def _kill(those: Sequence[psutil.Process]) -> None:
    for process in those:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(those, timeout=STOPPED_WITHIN_S)


def server(folder: Path, **variables: str) -> Machine:
    """Return a server on a free port."""
    port = free_port()
    command = ("server", "start", "--host", HOST, "--port", str(port))
    return Machine("server", command, folder, f"http://{HOST}:{port}/api", variables)


def worker(
    name: str, folder: Path, api_url: str, limit: int, *, pool: str = POOL, cwd: Path = ROOT, **variables: str
) -> Machine:
    """Return a worker for local processes that has at most `limit` runs at a time."""
    command = ("worker", "start", "--pool", pool, "--type", "process", "--name", name, "--limit", str(limit))
    return Machine(name, command, folder, api_url, variables, cwd)


def wait_until_healthy(machine: Machine, api: PrefectApi) -> None:
    """Return when the server answers."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    while not api.is_healthy():
        if not machine.processes() or time.monotonic() > deadline_s:
            raise RuntimeError(f"the server does not answer:\n{machine.tail()}")
        time.sleep(0.1)


@contextlib.contextmanager
def running(*machines: Machine) -> Generator[None]:
    """Start them; end them with the block, the last one first."""
    with contextlib.ExitStack() as started:
        for machine in machines:
            machine.start()
            started.callback(machine.stop)
        yield
