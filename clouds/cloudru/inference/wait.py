"""What is seen of a model run in a wait: until it answers, until it is suspended, until it is gone."""

from dataclasses import dataclass

from clouds.cloudru.inference.model import Models
from clouds.cloudru.inference.readiness import prove
from clouds.cloudru.inference.sizing import Task
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.errors import ConnectionFailedError, FailedStateError, NotFoundError, QuotaError, UnavailableError

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
class SeenRun:
    """What a look at a run saw: its status, and how it answered when it should."""

    run: ModelRun
    ready: ReadyRun | None = None
    no_answer: str = ""

    def __str__(self) -> str:
        status = plain_status(self.run)
        return f"{status}, does not answer yet ({self.no_answer})" if self.no_answer else status

    @classmethod
    def asked(cls, models: Models, run: ModelRun, task: Task, *, reranker_margin: float) -> "SeenRun":
        """Ask the run once it should answer; WrongAnswerError when it answers wrongly."""
        if run.status not in ANSWERING:
            return cls(run)
        model = models.at(run, attempts=1, timeout_s=PROBE_TIMEOUT_S)
        try:
            served_name = model.served_name()
            proof = prove(model, task, reranker_margin=reranker_margin)
        except NOT_YET as error:
            return cls(run, no_answer=error.message)
        return cls(run, ReadyRun(run, served_name, model.url, proof.dimension, proof.text))

    def is_ready(self) -> bool:
        """Whether it has answered rightly; FailedStateError when it will not do so by itself."""
        if self.run.status in ADVICE:
            raise failed(self.run)
        return self.ready is not None


def is_suspended(run: ModelRun) -> bool:
    """Whether it is SUSPENDED; FailedStateError when it will not be."""
    if run.status in NEVER_SUSPENDED:
        raise failed(run)
    return run.status == ModelRunStatus.SUSPENDED


def plain_status(run: ModelRun) -> str:
    """Return the status as the console writes it."""
    return run.status.removeprefix("MODEL_RUN_STATUS_")


def named_status(run: ModelRun) -> str:
    """Return name and status."""
    return f"{run.name} {plain_status(run)}"


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
