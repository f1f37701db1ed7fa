"""`python -m bench.demo`: wall time of `make demo` on an empty folder and warm, and peak memory of who works in it.

Warm: the second and third run on the same folder; server, sandbox and worker are started each time. Memory is the
resident set, looked at five times a second; a process counts together with its children.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.sampling import Sampling
from local.layout import FOLDER_VARIABLE

GOAL_S = 90.0
WARM_RUNS = 2
FLOW, SANDBOX = "flow process", "sandbox"
MEBIBYTE = 2**20


class PeakMemory(Sampling):
    """Peak of each watched process, in bytes, while the block runs; only processes that carry the folder count."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.peak_bytes = {FLOW: 0, SANDBOX: 0}
        self._folder = str(folder)

    def look(self) -> None:
        """Raise the peaks to what is seen now."""
        for process in psutil.process_iter():
            try:
                self._look_at(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue

    def _look_at(self, process: psutil.Process) -> None:
        variables = process.environ()
        if variables.get(FOLDER_VARIABLE) != self._folder:
            return
        if "PREFECT__FLOW_RUN_ID" in variables:  # the worker tells it to the process of a run
            name = FLOW
        elif process.cmdline()[1:3] == ["-m", "sandbox"]:
            name = SANDBOX
        else:
            return
        used_bytes = sum(member.memory_info().rss for member in (process, *process.children(recursive=True)))
        self.peak_bytes[name] = max(self.peak_bytes[name], used_bytes)


def demo_s(folder: Path) -> tuple[float, str]:
    """Return the wall time of one demo in seconds, and its last line; raise when it failed."""
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        env={**os.environ, FOLDER_VARIABLE: str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.perf_counter() - began
    if ended.returncode:
        sys.exit(f"the demo failed after {took_s:.0f} s:\n{ended.stdout}{ended.stderr}")
    return took_s, ended.stdout.splitlines()[-1]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / ".local"
        with PeakMemory(folder) as memory:
            runs = [demo_s(folder) for _ in range(1 + WARM_RUNS)]
    table = Table(title=f"make demo, {os.cpu_count()} cores")
    for column in ("run", "wall, s", f"of {GOAL_S:.0f} s", "it said"):
        table.add_column(column, justify="left" if column in ("run", "it said") else "right")
    for number, (took_s, said) in enumerate(runs):
        name = f"warm {number}" if number else "empty folder"
        table.add_row(name, f"{took_s:.1f}", f"{took_s / GOAL_S:.2f}" if number else "no goal", said)
    peaks = Table(title="peak memory", min_width=30)
    peaks.add_column("process")
    peaks.add_column("MiB", justify="right")
    for name, peak_bytes in memory.peak_bytes.items():
        peaks.add_row(name, f"{peak_bytes / MEBIBYTE:.0f}")
    console = Console(width=120)
    console.print(table, peaks)
    print(f"demo: {max(took_s for took_s, _ in runs[1:]) / GOAL_S:.2f}")


if __name__ == "__main__":
    main()
