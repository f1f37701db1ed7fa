"""The waits for a model run: until it answers, until it is suspended, until it is gone."""

from collections.abc import Callable
from dataclasses import dataclass

from clouds.cloudru.connection import Connection
from clouds.cloudru.inference.model import Models
from clouds.cloudru.inference.readiness import Proof, prove
from clouds.cloudru.inference.sizing import Task
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.errors import ConnectionFailedError, FailedStateError, NotFoundError, QuotaError, UnavailableError
from clouds.polling import OnLook, wait_until

ANSWERING = frozenset({ModelRunStatus.RUNNING, ModelRunStatus.COOLED})
"""A cooled run wakes at the first request."""
NOT_YET = (ConnectionFailedError, UnavailableError, NotFoundError, QuotaError)
"""What a gateway does before the model behind it is up: no address yet, 5xx, no route."""
NEVER_SUSPENDED = frozenset({ModelRunStatus.FAILED, ModelRunStatus.ON_DELETION, ModelRunStatus.DELETED})
PROBE_TIMEOUT_S = 60.0
ADVICE = {
    ModelRunStatus.FAILED: "Correct the cause, delete the run and run again.",
    ModelRunStatus.DELETED: "Run again: a new one will be created.",
    ModelRunStatus.ON_DELETION: "Run again: a new one will be created.",
    ModelRunStatus.SUSPENDED: "Run again: it will be resumed.",
    ModelRunStatus.ON_SUSPENSION: "Run again when it is suspended: it will be resumed.",
}


@dataclass(frozen=True)
class ReadyRun:
    """A run that has answered; `dimension` of its vectors for an embedder, `proof` of the answer in words."""

    run: ModelRun
    served_name: str
    url: str
    dimension: int | None
    proof: str


@dataclass(frozen=True)
class _Seen:
    run: ModelRun
    ready: ReadyRun | None = None
    no_answer: str = ""

    def __str__(self) -> str:
        status = plain_status(self.run)
        return f"{status}, does not answer yet ({self.no_answer})" if self.no_answer else status


def wait_ready(
    connection: Connection,
    models: Models,
    read: Callable[[], ModelRun],
    *,
    task: Task,
    deadline_s: float,
    on_look: OnLook | None,
) -> ReadyRun:
    """Read the run, and once it should answer ask it, until it answers rightly. See `Inferences.wait_ready`."""
    margin = connection.assumptions.inference.reranker_margin

    def look() -> _Seen:
        run = read()
        if run.status not in ANSWERING:
            return _Seen(run)
        model = models.at(run, attempts=1, timeout_s=PROBE_TIMEOUT_S)
        try:
            served_name = model.served_name()
            proof: Proof = prove(model, task, reranker_margin=margin)
        except NOT_YET as error:
            return _Seen(run, no_answer=error.message)
        return _Seen(run, ReadyRun(run, served_name, model.url, proof.dimension, proof.text))

    def judge(seen: _Seen) -> bool:
        if seen.run.status in ADVICE:
            raise failed(seen.run)
        return seen.ready is not None

    seen = wait_until(
        look,
        judge,
        subject="model run",
        deadline_s=deadline_s,
        describe=lambda seen: f"{seen.run.name} {seen}",
        on_look=None if on_look is None else lambda seen, elapsed_s: on_look(str(seen), elapsed_s),
        clock=connection.clock,
        sleep=connection.sleep,
    )
    assert seen.ready is not None  # noqa: S101  # the judge saw to it
    return seen.ready


def wait_suspended(
    connection: Connection, read: Callable[[], ModelRun], *, deadline_s: float, on_look: OnLook | None
) -> ModelRun:
    """See `Inferences.wait_suspended`."""

    def judge(run: ModelRun) -> bool:
        if run.status in NEVER_SUSPENDED:
            raise failed(run)
        return run.status == ModelRunStatus.SUSPENDED

    return wait_until(
        read,
        judge,
        subject="model run",
        deadline_s=deadline_s,
        describe=lambda run: f"{run.name} {plain_status(run)}",
        on_look=None if on_look is None else lambda run, elapsed_s: on_look(plain_status(run), elapsed_s),
        clock=connection.clock,
        sleep=connection.sleep,
    )


def wait_gone(
    connection: Connection, read: Callable[[], ModelRun], *, deadline_s: float, on_look: OnLook | None
) -> None:
    """See `Inferences.wait_gone`."""
    connection.wait_gone(
        read,
        lambda run: run.status == ModelRunStatus.DELETED,
        subject="the deletion of a model run",
        deadline_s=deadline_s,
        describe=lambda run: f"{run.name} {plain_status(run)}",
        on_look=on_look,
    )


def plain_status(run: ModelRun) -> str:
    """Return the status as the console writes it."""
    return run.status.removeprefix("MODEL_RUN_STATUS_")


def failed(run: ModelRun) -> FailedStateError:
    """Return the error of a run that will not become ready by itself: its status, its reason, what to do."""
    status = ModelRunStatus(run.status)
    reason = run.status_reason
    text = reason.message or reason.key or reason.reason_type if reason else ""
    kind = reason.reason_type.removeprefix("REASON_TYPE_") if reason else ""
    told = f": {text}{f' ({kind})' if kind and kind != text else ''}" if text else ""
    more = ADVICE[status]
    if status == ModelRunStatus.FAILED and not text:
        more = f"The service gives no reason: look at its events in the console. {more}"
    return FailedStateError(
        f"model run {run.name} ({run.model_run_id}) is {plain_status(run)}{told}. {more}",
        run.model_dump(mode="json"),
        text,
    )
