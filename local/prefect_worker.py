"""`python -m local.prefect_worker OPTIONS`: `prefect worker start`, but its runs end with a word when it has to end.

Prefect's worker kills the processes of its runs when it gets SIGTERM, as in a container that is stopped, and they stay
Running (its issue 22528; Prefect 3.9.1). Here they get the signal first, and the time to hand their work over. Why so:
docs/decisions/0009-a-worker-ends.md.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HANDS_OVER = {"PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR": "reschedule"}
"""tasks/run/hand_over.py reads it in the process of a run."""
LOOK_EVERY_S = 0.2


@dataclass
class Runs:
    """The runs of this worker: how many it has begun and not ended, and the handles of their processes."""

    under_way: int = 0
    handles: list[Any] = field(default_factory=list[Any])
    ending: bool = False

    async def end(self) -> None:
        """Ask each run to end, those too whose process is only being started, and return when none is left."""
        self.ending = True
        asked: list[Any] = []
        while self.under_way:
            for handle in self.handles:
                if handle not in asked and handle.is_alive():
                    asked.append(handle)
                    handle.graceful_kill()
            await asyncio.sleep(LOOK_EVERY_S)


def watch(runs: Runs) -> None:
    """Let Prefect's process worker count its runs, and take no other one while it is ending."""
    from prefect.runner._process_manager import ProcessManager  # noqa: PLC0415  seconds of imports
    from prefect.workers.process import ProcessWorker  # noqa: PLC0415  as above

    worker, manager = _methods(ProcessWorker), _methods(ProcessManager)
    run, poll, add = worker.run, worker.get_and_submit_flow_runs, manager.add

    async def counted(self: Any, *args: Any, **options: Any) -> Any:
        runs.under_way += 1
        try:
            return await run(self, *args, **options)
        finally:
            runs.under_way -= 1

    async def polled(self: Any) -> list[Any]:
        return [] if runs.ending else await poll(self)

    async def added(self: Any, run_id: Any, handle: Any) -> None:
        runs.handles.append(handle)
        await add(self, run_id, handle)

    worker.run, worker.get_and_submit_flow_runs, manager.add = counted, polled, added


def _methods(of: Any) -> Any:
    return of


def end_runs_first(runs: Runs) -> None:
    """Let SIGTERM end the runs, and then the worker as Prefect ends it; a second one ends it at once."""
    from prefect.utilities import processutils  # noqa: PLC0415  as above

    prefects: Callable[..., None] = processutils.setup_signal_handlers_worker

    def set_up(pid: int, name: str, print_fn: Callable[..., None]) -> None:
        prefects(pid, name, print_fn)
        loop = asyncio.get_running_loop()
        ends: list[asyncio.Task[None]] = []

        async def end() -> None:
            print_fn(f"Received SIGTERM. Asking {runs.under_way} runs to end, then {name}")
            await runs.end()
            os.kill(pid, signal.SIGINT)

        def begin() -> None:
            if ends:
                os.kill(pid, signal.SIGINT)
            else:
                ends.append(loop.create_task(end()))

        loop.add_signal_handler(signal.SIGTERM, begin)

    processutils.setup_signal_handlers_worker = set_up


def main(options: list[str]) -> None:
    """Start the worker; return when it has ended."""
    os.environ |= HANDS_OVER
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ends it at last; ignored in a shell's background job
    from prefect.cli import app  # noqa: PLC0415  as above

    runs = Runs()
    watch(runs)
    end_runs_first(runs)
    sys.argv = ["prefect", "worker", "start", *options]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
