"""What processes cost: peak memory while something happens, CPU and memory while nothing does."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.fleet_machines import RUN_VARIABLE, Machine, free_port
from bench.sampling import Sampling
from local.layout import FOLDER_VARIABLE
from local.stack import ports

MEBIBYTE = 2**20
SERVER, WORKERS, RUNS, ONE_RUN = "server", "workers", "all runs", "one run"


def rss_bytes(process: psutil.Process) -> int:
    """Return its resident set; 0 when it has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


class PeakMemory(Sampling):
    """Peak resident set, in bytes: of the server, of all workers, of all runs together and of the largest run."""

    def __init__(self, server: Machine, workers: Sequence[Machine]) -> None:
        """Watch these while the block lasts."""
        super().__init__()
        self.peak_bytes: Counter[str] = Counter()
        self._server, self._workers = server, workers

    def look(self) -> None:
        """Raise the peaks to what is seen now."""
        seen: Counter[str] = Counter()
        seen[SERVER] = sum(map(rss_bytes, self._server.processes()))
        for process in (process for worker in self._workers for process in worker.processes()):
            used_bytes = rss_bytes(process)
            if _is_of_run(process):
                seen[RUNS] += used_bytes
                seen[ONE_RUN] = max(seen[ONE_RUN], used_bytes)
            else:
                seen[WORKERS] += used_bytes
        self.peak_bytes |= seen


def _is_of_run(process: psutil.Process) -> bool:
    try:
        return RUN_VARIABLE in process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


@dataclass(frozen=True)
class Idle:
    """What a program costs while nobody asks it anything; CPU in per cent of one core."""

    name: str
    cpu_percent: float
    rss_bytes: int


def idle_cost(settle_s: float, measure_s: float, sleep: Callable[[float], None] = time.sleep) -> list[Idle]:
    """Run `make up` in a folder of its own, let it settle, and return what each of its programs costs."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {variable: str(free_port()) for variable in (ports.SANDBOX.variable, ports.PREFECT.variable)}
        env = {**os.environ, **variables, FOLDER_VARIABLE: str(Path(folder) / "local")}
        try:
            subprocess.run([sys.executable, "-m", "local", "up"], env=env, check=True, stdout=subprocess.DEVNULL)
            sleep(settle_s)
            mine = [process for process in psutil.process_iter() if _is_in(process, env[FOLDER_VARIABLE])]
            before_s = {process: sum(process.cpu_times()[:2]) for process in mine}
            sleep(measure_s)
            return [
                Idle(
                    _program(process),
                    (sum(process.cpu_times()[:2]) - before_s[process]) / measure_s * 100,
                    rss_bytes(process),
                )
                for process in mine
                if process.is_running()
            ]
        finally:
            subprocess.run([sys.executable, "-m", "local", "down"], env=env, check=True, stdout=subprocess.DEVNULL)


def _is_in(process: psutil.Process, folder: str) -> bool:
    try:
        return process.environ().get(FOLDER_VARIABLE) == folder
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _program(process: psutil.Process) -> str:
    words = process.cmdline()
    if words[1:2] == ["-m"]:
        return " ".join(words[2:4]) if words[2] == "prefect" else words[2]
    return Path(words[0]).name
