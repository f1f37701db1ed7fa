"""`python -m bench.fleet`: many stacks refreshed at once, on one worker and on two; what it takes to have them idle.

Server on PostgreSQL, each worker with places for eight runs, all on this machine: a second worker brings more runs at
once, not more cores. Every refresh has a document to send, one to delete and a version to build. `wall` is from the
first POST of a run to the end of the last run; memory is the peak of the resident set. `from Run to the first task`: a
run is POSTed to an idle worker that asks for runs every second, as that of `make up` does. Idle cost is that of
`make up`, in per cent of one core. The figure is the last row's seconds per stack.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path

import httpx
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
from rich.console import Console
from rich.table import Table

from bench import fleet_stacks
from bench.fleet_cost import MEBIBYTE, ONE_RUN, RUNS, SERVER, WORKERS, Idle, PeakMemory, idle_cost
from bench.fleet_machines import POOL, Machine, running, server, wait_until_healthy, worker
from bench.fleet_stacks import DELIVERY, HOURS
from bench.postgres import database
from bench.rig import free_port, save_blocks
from bench.rig import server as program
from flows.specs import RagStack
from local.prefect_api import PrefectApi

RUNS_OF_A_WORKER = 8
WITHIN_S = 1800.0
SETTLE_S, MEASURE_S = 20.0, 30.0
CLICKS = 3


class Bench:
    """Rounds of refreshes; in each of them every stack has something to send, to delete and to build."""

    def __init__(self, machine: Machine, api: PrefectApi, http: httpx.Client, stacks: Sequence[RagStack]) -> None:
        """Measure these; the stacks are provisioned."""
        self._server, self._api, self._http, self._stacks = machine, api, http, stacks
        self._round = 0

    def _begin_round(self, count: int) -> str:
        """Give so many stacks another document in place of one, and return a deployment of the round's own."""
        self._round += 1
        for stack in self._stacks[:count]:
            fleet_stacks.write(stack, **{"hours": HOURS, f"delivery_{self._round}": DELIVERY})
        return fleet_stacks.deploy(POOL, f"round-{self._round}")

    def refresh(self, count: int, workers: Sequence[Machine]) -> tuple[float, Counter[str]]:
        """Refresh this many stacks at once; return the wall time in seconds and the peaks of memory in bytes."""
        deployment = self._begin_round(count)
        with PeakMemory(self._server, workers) as memory:
            begun_s = time.perf_counter()
            for stack in self._stacks[:count]:
                self._api.start_run(deployment, fleet_stacks.parameters(stack))
            runs = fleet_stacks.wait_until_final(self._http, deployment, WITHIN_S)
            wall_s = time.perf_counter() - begun_s
        if [run.state for run in runs] != ["COMPLETED"] * count:
            raise SystemExit(f"not every run was completed: {Counter(run.state for run in runs)}")
        return wall_s, memory.peak_bytes

    def to_first_task_s(self) -> float:
        """Return the seconds from creating a run to the start of its first task."""
        deployment = self._begin_round(1)
        created_s = time.time()
        run = self._api.start_run(deployment, fleet_stacks.parameters(self._stacks[0]))
        fleet_stacks.wait_until_final(self._http, deployment, WITHIN_S)
        starts = [task.start_time for task in self._api.task_runs(run.id) if task.start_time]
        return min(datetime.fromisoformat(start).timestamp() for start in starts) - created_s


def print_idle(idle: Sequence[Idle], console: Console) -> None:
    """Print what `make up` costs while nobody uses it."""
    table = Table("idle", "CPU, % of a core", "MiB", title=f"make up, over {MEASURE_S:.0f} s")
    for each in sorted(idle, key=lambda each: -each.rss_bytes):
        table.add_row(each.name, f"{each.cpu_percent:.1f}", f"{each.rss_bytes / MEBIBYTE:.0f}")
    total_bytes = sum(each.rss_bytes for each in idle)
    table.add_row("all", f"{sum(each.cpu_percent for each in idle):.1f}", f"{total_bytes / MEBIBYTE:.0f}")
    console.print(table)


@contextlib.contextmanager
def sandbox(folder: Path) -> Generator[str]:
    """Start a sandbox with plenty of GPUs and return its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["sandbox", "--port", str(port), "--data", str(folder / "sandbox")]
    with program(command, url, "/_sandbox/health", folder):
        limits = {"gpu_limits": {"ResourceType_GPU_A100_NVLINK": 100}}
        httpx.patch(f"{url}/_sandbox/settings", json=limits, trust_env=False).raise_for_status()
        yield url


def start_s(machine: Machine, api: PrefectApi) -> float:
    """Start the server; return the seconds until it answers."""
    begun_s = time.perf_counter()
    machine.start()
    wait_until_healthy(machine, api)
    return time.perf_counter() - begun_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, nargs="+", default=[1, 10], help="how many at once; 100 take long")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-idle", action="store_true", help="leave out the idle cost of `make up`")
    arguments = parser.parse_args()
    console = Console(width=120)
    table = Table("stacks", "workers", "wall, s", "s per stack", "server, MiB", "workers", "all runs", "one run")
    figures: list[float] = []
    clicks_s: list[float] = []
    with contextlib.ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory()))
        sandbox_url = started.enter_context(sandbox(folder))
        url = started.enter_context(database())
        machine = server(folder, PREFECT_API_DATABASE_CONNECTION_URL=url)
        started.callback(machine.stop)
        api = started.enter_context(PrefectApi(machine.api_url))
        http = started.enter_context(httpx.Client(base_url=machine.api_url, trust_env=False, timeout=60))
        empty_s = start_s(machine, api)
        machine.stop()
        again_s = start_s(machine, api)
        started.enter_context(temporary_settings({PREFECT_API_URL: machine.api_url, PREFECT_HOME: folder / "here"}))
        api.ensure_work_pool(POOL)
        save_blocks(sandbox_url)
        stacks = fleet_stacks.stacks(max(arguments.stacks), folder / "documents")
        fleet_stacks.provision(stacks)
        bench = Bench(machine, api, http, stacks)
        for count in arguments.workers:
            workers = [worker(f"{count}-{n}", folder, machine.api_url, RUNS_OF_A_WORKER) for n in range(count)]
            with running(*workers):
                bench.to_first_task_s()  # the worker's own first run
                clicks_s += [bench.to_first_task_s() for _ in range(CLICKS)]
                for size in arguments.stacks:
                    wall_s, peaks = bench.refresh(size, workers)
                    figures.append(wall_s / size)
                    memory = (f"{peaks[name] / MEBIBYTE:.0f}" for name in (SERVER, WORKERS, RUNS, ONE_RUN))
                    table.add_row(str(size), str(count), f"{wall_s:.1f}", f"{wall_s / size:.1f}", *memory)
    console.print(table)
    console.print(f"server start: {empty_s:.1f} s on an empty database, {again_s:.1f} s again", highlight=False)
    console.print(f"from Run to the first task: {statistics.median(clicks_s):.1f} s, median of {len(clicks_s)}")
    if not arguments.no_idle:
        print_idle(idle_cost(SETTLE_S, MEASURE_S), console)
    print(f"fleet: {figures[-1]:.2f}")


if __name__ == "__main__":
    main()
