"""The wait for a tuning: hours in general, a day at most, and longer when it is taken up again later."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from clouds.errors import CloudError, FailedStateError, NotFoundError, WrongAnswerError
from clouds.polling import OnLook, Schedule, wait_until
from clouds.yandex.connection import Connection
from clouds.yandex.operation import Operations
from clouds.yandex.tuning.calls import TuningCalls
from clouds.yandex.tuning.state import NEVER_COMPLETED, SUCCEEDED, TuningState, TuningStatus, with_operation

SCHEDULE = Schedule(floor_s=2.0, ceiling_s=180.0)
"""A look is two calls. The shortest tuning recorded took 167 s, so looking more often at first gains nothing. Over
a day this is at most 3 minutes late and costs fewer calls than the vendor's SDK, which asks every minute: `python -m
bench.long_wait` has the table."""
ADVICE = {
    TuningStatus.FAILED: "Correct the cause and run again: another one will be started.",
    TuningStatus.CANCELED: "Run again: another one will be started.",
    TuningStatus.ARCHIVED: "Run again: another one will be started.",
    TuningStatus.DRAFT: "A draft is never started by the service: delete it in the console and run again.",
}


@dataclass(frozen=True)
class FinishedTuning:
    """A completed tuning and its model, `emb://FOLDER/text-embeddings/latest@SUFFIX`. Times are UTC."""

    task_id: str
    operation_id: str
    name: str
    source_model_uri: str
    target_model_uri: str
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class TuningWaits(TuningCalls):
    """The wait for a tuning. Safe under threads."""

    def __init__(self, connection: Connection, operations: Operations) -> None:
        """Ask through `connection`."""
        super().__init__(connection)
        self._operations = operations

    def wait_finished(
        self, task_id: str, operation_id: str = "", *, deadline_s: float, on_look: OnLook[TuningState] | None = None
    ) -> FinishedTuning:
        """Wait until it is completed, by its operation and its task; either is enough when the other is gone.

        NOT_FOUND of both counts as not there yet for the first minute, of one at any time.

        Raises:
            FailedStateError: it failed, was cancelled or archived; `reason` is what ListErrors tells.
            NotFoundError: neither the task nor the operation is there a minute after the wait began.
            WrongAnswerError: it is completed and has no model a minute later.
            DeadlineError: not in time; says what was last seen.

        """
        grace = _Grace(self._connection)

        def look() -> TuningState:
            running, missing = None, None
            state = TuningState(task_id)
            try:
                running = self._operations.get(operation_id) if operation_id else None
            except NotFoundError:
                """Operations are gone after about two weeks; the task stays."""
            try:
                state = self.get(task_id)
            except NotFoundError as error:
                missing = error
            if missing is not None and running is None and grace.is_over("not there"):
                raise missing
            return with_operation(state, running) if running is not None else state

        def judge(state: TuningState) -> bool:
            if state.status in NEVER_COMPLETED:
                raise _failed(state, self._told(task_id) or [state.error])
            if state.status in SUCCEEDED and not state.target_model_uri and grace.is_over("no model"):
                raise WrongAnswerError(
                    f"tuning {state.name} ({task_id}) is {state.status} and names no model. Look at it in the console; "
                    "if it has one there, take its URI from there."
                )
            return state.succeeded

        state = wait_until(
            look,
            judge,
            subject=f"tuning {task_id}",
            deadline_s=deadline_s,
            on_look=on_look,
            schedule=SCHEDULE,
            clock=self._connection.clock,
            sleep=self._connection.sleep,
        )
        return FinishedTuning(
            task_id,
            state.operation_id,
            state.name,
            state.source_model_uri,
            state.target_model_uri,
            state.created_at,
            state.started_at,
            state.finished_at,
        )

    def _told(self, task_id: str) -> list[str]:
        try:
            return self.errors(task_id)
        except CloudError:
            # The failure is raised without them rather than hidden by theirs.
            return []


class _Grace:
    """How long a state that must pass has been seen: time enough to be seen right, or not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._since_s: dict[str, float] = {}

    def is_over(self, what: str) -> bool:
        """Begin to count, or say whether it has lasted too long."""
        since_s = self._since_s.setdefault(what, self._connection.clock())
        return self._connection.clock() - since_s >= self._connection.assumptions.connection.visible_within_s


def _failed(state: TuningState, texts: list[str]) -> FailedStateError:
    reason = "; ".join(text for text in texts if text)
    told = f": {reason}" if reason else ""
    advice = ADVICE[TuningStatus(state.status)]
    if state.status == TuningStatus.FAILED and not reason:
        advice = f"The service gives no reason: look at it in the console. {advice}"
    resource = asdict(replace(state, error=reason))
    return FailedStateError(
        f"tuning {state.name} ({state.task_id}) is {state.status}{told}. {advice}", resource, reason
    )
