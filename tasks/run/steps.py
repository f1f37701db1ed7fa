"""What a step is: a Prefect task that changes the world at most once per call, and whose time is written down."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from uuid import UUID

import httpx
from prefect import Task, get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, as_completed
from prefect.states import Cancelled
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import BaseAnnotation, opaque, quote
from pydantic import BaseModel

from clouds.errors import CloudError, ConfigurationError, ConnectionFailedError, UnavailableError
from domain.times import StepTime
from tasks.run import hand_over
from tasks.run.quiet_log import keep_to_one_line

keep_to_one_line()

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

THREADS: TaskRunner[PrefectFuture[Any]] = ThreadPoolTaskRunner(max_workers=32)  # pyright: ignore[reportAssignmentType]  # invariant without need
"""A thread for every step of a run, those included that only wait for others: a full pool would wait for itself."""


class Step(Protocol[P, R]):
    """What a Prefect task is to a flow; `submit` also takes the futures of other steps in place of their results."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run now."""
        ...

    def submit(self, *args: Any, **kwargs: Any) -> PrefectFuture[R]:
        """Run as soon as the futures among the arguments have their results."""
        ...

    def fn(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run without Prefect."""
        ...


@dataclass(frozen=True)
class StepLog:
    """What the threads of one flow run share: the times of its steps, whether one of them failed, which go on."""

    times: dict[UUID, StepTime] = field(default_factory=dict[UUID, StepTime])
    failed: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    under_way: set[object] = field(default_factory=set[object])
    change: threading.Condition = field(default_factory=threading.Condition)
    """Of `ending` and `under_way`."""
    flow_thread: int = field(default_factory=threading.get_ident)
    called: set[UUID] = field(default_factory=set[UUID])
    """Steps that the flow called and did not submit: everything later came after them."""
    submitted: list[PrefectFuture[Any]] = field(default_factory=list[PrefectFuture[Any]])
    """Steps that the flow submitted and has not waited for, in their order."""

    def not_waited_for(self) -> list[PrefectFuture[Any]]:
        """Return the steps submitted since the last call."""
        futures = [*self.submitted]
        self.submitted.clear()
        return futures


_LOG: ContextVar[StepLog | None] = ContextVar("step_log", default=None)


class AbandonedError(CloudError):
    """A step was given up because the run cannot end well any more; not a reason of its own."""


@contextmanager
def recorded_steps() -> Generator[StepLog]:
    """Write down the steps submitted inside the block. The task runner's threads copy the context, so they share it.

    It is the outermost block of a flow: a run that is asked to end is handed over when all others are left.
    """
    log = StepLog()
    token = _LOG.set(log)
    try:
        yield log
    except TerminationSignal as signal:
        hand_over.end(signal)
    finally:
        _LOG.reset(token)


def recorded() -> list[StepTime]:
    """Return the times of this flow run's steps so far."""
    log = _LOG.get()
    return list(log.times.values()) if log else []


def _log() -> StepLog:
    """Return the log of this run; a flow without `recorded_steps` is a mistake in the flow."""
    log = _LOG.get()
    if log is None:
        raise RuntimeError("a flow waits for its steps inside recorded_steps()")
    return log


def stop_when_another_failed() -> None:
    """Raise AbandonedError when another step of this flow run has failed: a run that cannot end well need not wait."""
    log = _LOG.get()
    if log is not None and log.failed.is_set():
        raise AbandonedError("not waited for any longer: another step of this run failed")


@dataclass(frozen=True)
class _Awaited:
    """A future among the arguments of a step; Prefect puts its result in its place."""

    result: Any


class _StepTask(Task[P, R]):
    """A task whose arrows in the graph are the recipe's: from a step whose future, or whose whole result, it is given.

    Prefect 3.9.1 takes a step whose future is an argument for the parent when it happens to run at that moment
    (`_infer_parent_task_runs`, meant for generators), and the graph then hides the later step inside the earlier one.
    Only bare futures are looked at, so they travel wrapped. Can go when Prefect asks only for generators.

    It also draws an arrow from the step in whose result any part of an argument was seen, by its `id`: an empty tuple
    or text, which many results share, draws one from anywhere. So nothing inside an argument, or inside a result in
    `wait_for`, is looked at but futures.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run now."""
        return super().__call__(*map(_hold, args), **_held(kwargs))

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Submit; `wait_for_steps` waits for it."""
        future = super().submit(*map(_hold, args), **_held(kwargs))
        if log := _LOG.get():
            log.submitted.append(future)
        return future


def _held(named: dict[str, Any]) -> dict[str, Any]:
    held = {name: value if name in OPTIONS else _hold(value) for name, value in named.items()}
    if after := named.get("wait_for"):
        held["wait_for"] = [each if isinstance(each, PrefectFuture) else opaque(each) for each in after]
    return held


def _hold(value: Any) -> Any:
    if isinstance(value, PrefectFuture):
        return _Awaited(value)
    if isinstance(value, BaseAnnotation) or _has_futures(value):
        return value
    return opaque(value) if isinstance(value, BaseModel) or is_dataclass(value) else quote(value)


def passed(value: T) -> T:
    """Return the result of a step, or a part of it, so that its step draws no arrow to the one that is given it."""
    return cast("T", quote(value))


def _has_futures(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(each, PrefectFuture) for each in value)


def _release(value: Any) -> Any:
    return value.result if isinstance(value, _Awaited) else value


@contextmanager
def _under_way() -> Generator[None]:
    log = _LOG.get()
    if log is None:
        yield
        return
    this = object()
    with log.change:
        if log.ending.is_set():
            raise AbandonedError("not begun: the run is ending")
        log.under_way.add(this)
    try:
        yield
    finally:
        with log.change:
            log.under_way.discard(this)
            log.change.notify_all()


def end_steps() -> None:
    """Let no other step begin, and return when none is under way; waits among them end at their next look.

    A run that was interrupted (SIGTERM, Ctrl-C) calls it before it gives the stack's lock back: until then a step may
    still create something. A second signal ends the wait.
    """
    begin_no_step()
    if log := _LOG.get():
        with log.change:
            log.change.wait_for(lambda: not log.under_way)


def begin_no_step() -> None:
    """Let no other step begin; waits among those under way end at their next look."""
    if log := _LOG.get():
        with log.change:
            log.ending.set()
            log.failed.set()


def step(name: str, *, run_name: str | None = None, **options: Any) -> Callable[[Callable[P, R]], Step[P, R]]:
    """Return a decorator like Prefect's `task`, never cached, that also records the step's time.

    Hooks of Prefect could record as well, but log two lines for each step.
    """

    def decorate(function: Callable[P, R]) -> Step[P, R]:
        @wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            started_at = datetime.now(UTC)
            try:
                with _under_way():
                    released = {name: _release(value) for name, value in kwargs.items()}
                    return function(*map(_release, args), **released)  # pyright: ignore[reportCallIssue]  # the same ones
            except AbandonedError as error:
                return cast("R", Cancelled(message=error.message))  # Prefect takes a returned state as the run's
            finally:
                _record(started_at)

        return cast(
            "Step[P, R]",
            _StepTask(timed, name=name, task_run_name=run_name or name, cache_policy=NO_CACHE, **options),
        )

    return decorate


def _record(started_at: datetime) -> None:
    log, context = _LOG.get(), TaskRunContext.get()
    if log is None or context is None:
        return
    run = context.task_run
    is_nested = PARENTS in run.task_inputs
    inputs = (found for name, inputs in run.task_inputs.items() if name != PARENTS for found in inputs)
    upstream = log.called.union(found.id for found in inputs if found.input_type == "task_run") - {run.id}
    earlier = log.times.get(run.id)  # a retry belongs to its first try
    started_at = earlier.started_at if earlier else started_at
    log.times[run.id] = StepTime(run.id, run.name, started_at, datetime.now(UTC), frozenset(upstream))
    if threading.get_ident() == log.flow_thread and not is_nested:
        log.called.add(run.id)


def is_transient(task: Any, task_run: Any, state: State[Any]) -> bool:  # noqa: ARG001  # Prefect's signature
    """Say whether repeating the step may help: the service, or Prefect's server, was not able to answer."""
    reason = state.result(raise_on_failure=False)
    return isinstance(reason, ConnectionFailedError | UnavailableError) or is_prefect_away(reason)


def is_prefect_away(reason: Any) -> bool:
    """Say so of an error of Prefect's client, the only one that lets httpx's errors through."""
    if isinstance(reason, httpx.HTTPStatusError):
        return reason.response.status_code in AWAY or reason.response.is_server_error
    return isinstance(reason, httpx.TransportError)


def left_of(deadline_s: float) -> float:
    """Return the seconds that a wait has left, counted from the first try of its step: a retry waits no longer."""
    log, context = _LOG.get(), TaskRunContext.get()
    before = log.times.get(context.task_run.id) if log and context else None
    if before is None:
        return deadline_s
    return max(0.0, deadline_s - (datetime.now(UTC) - before.started_at).total_seconds())


OPTIONS = frozenset({"wait_for", "return_state"})
"""What Prefect's tasks take beside their own arguments."""
PARENTS = "__parents__"
"""Where Prefect 3.9.1 notes the step inside which a step runs: its time is a part of that step's."""
AWAY = frozenset({408, 429})
LOOK_FIRST: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2, 8],
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": is_transient,
}
"""Task options of a step that only waits, or that looks before it creates: a repeat adopts what the first try made.

It is the outer layer of tries, which Prefect shows; docs/architecture.md has the table of all.
"""


def wait_for_steps() -> None:
    """Watch every step that was submitted to its end; raise the reason of the one that failed first.

    Waits of other steps are given up at their next look once one has failed. Prefect's own ending would be a count of
    failed tasks, or that a step downstream never ran.
    """
    log = _log()
    failures: list[State[Any]] = []
    for future in as_completed(log.not_waited_for()):
        future.wait()  # takes over the final state, which `state` would else ask the server for
        if future.state.is_failed() or future.state.is_crashed():
            failures.append(future.state)
            log.failed.set()
    first = min(failures, key=lambda state: state.timestamp, default=None)
    for state in failures:
        if state is not first:
            get_run_logger().warning("Also failed: %s", state.message)
    if first is not None:
        first.result()


def wait_for_checks() -> None:
    """Watch every check that was submitted to its end.

    Raises:
        ConfigurationError: what all of them found wrong, each fault a line, in the checks' order.
        CloudError: a check could not be made, a key is refused for example; it comes before all others, as it is.

    """
    futures = _log().not_waited_for()
    for future in futures:
        future.wait()
    failed = [future.state for future in futures if future.state.is_failed() or future.state.is_crashed()]
    reasons = [state.result(raise_on_failure=False) for state in failed]
    faults = [reason for reason in reasons if isinstance(reason, ConfigurationError)]
    if len(faults) == len(failed) > 1:
        lines = [line for fault in faults for line in fault.lines]
        raise ConfigurationError(*dict.fromkeys(lines))  # two checks may name one file
    for fault in faults if len(failed) > 1 else ():
        get_run_logger().warning("Also wrong: %s", fault.message)
    for state in sorted(failed, key=lambda state: isinstance(state.result(raise_on_failure=False), ConfigurationError)):
        state.result()
