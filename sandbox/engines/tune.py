"""`python -m sandbox.engines.tune JOB_DIR`: one training in a process of its own, ended by SIGTERM at any time.

It ends by itself when its standard input closes: the process that started it held the other end, and has ended. Exit
status 0 with `result.json`, else 1 with `error.json`.
"""

import os
import sys
import threading
import time
from pathlib import Path

from sandbox.engines.training_rows import TrainingDataError
from sandbox.engines.tuning_job import (
    ADAPTER,
    ERROR,
    EVENTS,
    JOB,
    PROGRESS,
    RESULT,
    Progress,
    TrainingFault,
    TrainingJob,
    write,
)

NICENESS = 10
THREADS = 2
PROGRESS_EVERY_S = 0.2


class Reporter:
    """Writes the training's progress, at most every `PROGRESS_EVERY_S`."""

    def __init__(self, folder: Path) -> None:
        self._path, self._started_at, self._written_at = folder / PROGRESS, time.time(), 0.0

    def __call__(self, step: int, steps: int) -> None:
        """Write that `step` of `steps` is done."""
        now = time.monotonic()
        if now - self._written_at >= PROGRESS_EVERY_S or step in (0, steps):
            self._written_at = now
            write(self._path, Progress(current_step=step, total_steps=steps, started_at=self._started_at))


def main(folder: Path) -> int:
    """Train what `job.json` says."""
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        job = TrainingJob.model_validate_json((folder / JOB).read_bytes())
        report = Reporter(folder)
        from sandbox.engines.train import torch, train  # noqa: PLC0415  seconds of imports

        torch.set_num_threads(min(THREADS, os.cpu_count() or 1))
        write(folder / RESULT, train(job, folder / ADAPTER, folder / EVENTS, report))
    except TrainingDataError as error:
        write(folder / ERROR, TrainingFault(message=str(error), public=True))
        return 1
    except Exception as error:
        write(folder / ERROR, TrainingFault(message=f"{type(error).__name__}: {error}", public=False))
        raise
    return 0


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin: its lock is needed when the process ends
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
