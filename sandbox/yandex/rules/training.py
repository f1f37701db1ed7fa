"""Trainings: each in a process of its own, one at a time, ended with the tuning or with the sandbox."""

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sandbox
from sandbox.engines.tuning_job import (
    ERROR,
    EVENTS,
    JOB,
    PROGRESS,
    RESULT,
    Progress,
    TrainingFault,
    TrainingJob,
    WeightedFile,
)
from sandbox.engines.tuning_job import read as read_document
from sandbox.engines.tuning_job import write as write_document
from sandbox.host import Host
from sandbox.yandex.refusal import YandexRefusal
from sandbox.yandex.rules.dataset import Datasets
from sandbox.yandex.training_cache import TrainingCache
from sandbox.yandex.tuning_state import StoredTuning, TuningStore

TERMINATED_WITHIN_S = 5.0
LOG = "log.txt"


class Trainings:
    """Trains one tuning after another. What a restart interrupts is trained again from the beginning."""

    def __init__(self, host: Host, store: TuningStore, datasets: Datasets) -> None:
        self._host, self._store, self._datasets = host, store, datasets
        self._folder = host.data_dir / "tunings"
        self._cache = TrainingCache(host.data_dir / "trained")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="training")
        self._running: tuple[str, subprocess.Popen[bytes]] | None = None
        self._changing = threading.Lock()
        self._closed = False

    def folder(self, tuning: StoredTuning) -> Path:
        """Return where its files are."""
        return self._folder / tuning.id

    def add(self, task_id: str) -> None:
        """Train it when those before it are done."""
        self._worker.submit(self._run, task_id)

    def progress(self, tuning: StoredTuning) -> Progress | None:
        """Return its progress, None before it begins."""
        return read_document(self.folder(tuning) / PROGRESS, Progress)

    def stop(self, task_id: str) -> None:
        """End the process of a tuning, if it is running."""
        with self._changing:
            if self._running and self._running[0] == task_id:
                _end(self._running[1])

    def clear(self) -> None:
        """End the running process and remove every file."""
        with self._changing:
            if self._running:
                _end(self._running[1])
        self._worker.submit(shutil.rmtree, self._folder, ignore_errors=True).result()

    def close(self) -> None:
        """End the running process; the next start trains again."""
        with self._changing:
            self._closed = True
            if self._running:
                _end(self._running[1])
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, task_id: str) -> None:
        tuning = self._store.get(task_id)
        if tuning is None or tuning.outcome is not None:
            return
        folder = self.folder(tuning)
        try:
            if not (folder / JOB).exists():  # written last: with it every dataset is here
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                write_document(folder / JOB, self._job(tuning, folder))
            code = 0 if (folder / RESULT).exists() else self._reuse_or_train(task_id, folder)
        except YandexRefusal as refusal:  # a dataset was deleted before its turn came
            self._end(task_id, refusal.message, public=True)
        except Exception as error:  # noqa: BLE001  whatever it was, the tuning must end
            self._end(task_id, f"{type(error).__name__}: {error}", public=False)
        else:
            self._take_result(task_id, folder, code)

    def _job(self, tuning: StoredTuning, folder: Path) -> TrainingJob:
        sent = tuning.sent
        train = tuple(
            WeightedFile(path=self._fetched(each.dataset_id, folder), weight=each.weight or 1.0)
            for each in sent.train_datasets
        )
        validation = [each.dataset_id for each in (sent.validation_dataset, *sent.validation_datasets)]
        held_out = next(filter(None, validation), None)
        return TrainingJob(
            kind=tuning.kind,
            train=train,
            validation=self._fetched(held_out, folder) if held_out else None,
            parameters=tuning.parameters,
        )

    def _fetched(self, dataset_id: str, folder: Path) -> Path:
        path = folder / f"{dataset_id}.jsonl"
        if not path.exists():
            self._datasets.fetch(dataset_id, path)
        return path

    def _reuse_or_train(self, task_id: str, folder: Path) -> int | None:
        """Train, or take the result of an equal training when the settings allow it."""
        if not self._host.settings.yandex_reuses_trainings:
            return self._train(task_id, folder)
        if self._cache.take(folder):
            self._store.change(task_id, started_at=self._host.clock())
            return 0
        code = self._train(task_id, folder)
        if code == 0:
            self._cache.keep(folder)
        return code

    def _train(self, task_id: str, folder: Path) -> int | None:
        """Return the process's exit code; None when the tuning has ended before."""
        code_root = str(Path(sandbox.__file__).parents[1])
        shutil.rmtree(folder / EVENTS, ignore_errors=True)  # of a training that a restart interrupted
        environment = {**os.environ, "PYTHONPATH": code_root, "TOKENIZERS_PARALLELISM": "false"}
        with (folder / LOG).open("wb") as log:
            with self._changing:
                tuning = self._store.get(task_id)
                if self._closed or tuning is None or tuning.outcome is not None:
                    return None
                process = subprocess.Popen(
                    [sys.executable, "-m", "sandbox.engines.tune", str(folder)],
                    stdin=subprocess.PIPE,  # it ends when this closes: also after SIGKILL of this process
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,  # Ctrl-C in a terminal is for the sandbox
                )
                self._running = (task_id, process)
                self._store.change(task_id, started_at=self._host.clock())
            try:
                return process.wait()
            finally:
                with self._changing:
                    self._running = None
                process.communicate()

    def _take_result(self, task_id: str, folder: Path, code: int | None) -> None:
        if code is None or self._closed:
            return
        if code == 0:
            self._store.end(task_id, "COMPLETED", self._host.clock())
            return
        fault = read_document(folder / ERROR, TrainingFault)
        if fault is None:
            fault = TrainingFault(message=f"the training process ended with code {code}", public=False)
        self._end(task_id, fault.message, public=fault.public)

    def _end(self, task_id: str, failure: str, *, public: bool) -> None:
        if not self._closed:
            self._store.end(task_id, "FAILED", self._host.clock(), failure, public=public)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(TERMINATED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
