"""Tunings of text embedders: found before they are started, waited for over days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from clouds.create_once import create_once
from clouds.errors import ConfigurationError, QuotaError
from clouds.polling import Schedule, wait_until
from clouds.yandex.model_uri import tunable
from clouds.yandex.tuning.request import TuningRequestSpec, tuning_request
from clouds.yandex.tuning.state import NEVER_COMPLETED, TuningState, TuningStatus, task_id_of
from clouds.yandex.tuning.wait import TuningWaits

QUOTA_SCHEDULE = Schedule(floor_s=300.0, fraction=0.0)
"""3 starts an hour are allowed: a start is asked for again every 5 minutes, no sooner."""
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class EnsuredTuning:
    """A tuning that exists now. `operation_id` may be empty for an adopted one: then its task alone is looked at."""

    task_id: str
    operation_id: str
    action: Literal["created", "adopted"]
    status: str


class Tunings(TuningWaits):
    """The tunings of a folder. Safe under threads."""

    def check(self, spec: TuningRequestSpec) -> None:
        """Say what the service would refuse, before anything is sent.

        Raises:
            ConfigurationError: a model of another folder or that cannot be tuned, or a dimension out of range.

        """
        tunable(spec.base_model_uri, self._connection.folder_id)
        assumed = self._connection.assumptions.tuning
        wrong = [d for d in spec.parameters.embedding_dims if not assumed.smallest_dim <= d <= assumed.largest_dim]
        if wrong:
            raise ConfigurationError(
                f"embedding_dims has {wrong[0]}: take {assumed.smallest_dim} to {assumed.largest_dim}. The service's "
                "own bounds are not published; assumptions.tuning in the connection block holds ours"
            )

    def find(self, spec: TuningRequestSpec) -> TuningState | None:
        """Return a tuning of that name that learns or has learnt the same: a completed one first, then the newest."""
        return self._best(self._alike(spec))

    def ensure(
        self,
        spec: TuningRequestSpec,
        *,
        quota_deadline_s: float = 0.0,
        on_quota: Callable[[str, float], None] | None = None,
    ) -> EnsuredTuning:
        """Adopt a tuning of the same name, data and parameters, under way or completed; start one if there is none.

        After a lost reply it is looked for until it would be listed, and only then started again. When the quota of
        starts is used up, a start is asked for every 5 minutes for at most `quota_deadline_s`; `on_quota` is then
        called with the service's words and the seconds so far.

        Raises:
            ConfigurationError: the service would refuse it; nothing was sent.
            QuotaError: no start is left, and `quota_deadline_s` is 0.
            DeadlineError: no start was to be had within `quota_deadline_s`.

        """
        self.check(spec)
        refusals: list[str] = []
        try:
            return self._ensure(spec)
        except QuotaError as error:
            if quota_deadline_s <= 0:
                raise
            refusals.append(error.message)

        def look() -> EnsuredTuning | str:
            if refusals:
                return refusals.pop()
            try:
                return self._ensure(spec)
            except QuotaError as error:
                return error.message

        def told(seen: EnsuredTuning | str, elapsed_s: float) -> None:
            if on_quota and isinstance(seen, str):
                on_quota(seen, elapsed_s)

        seen = wait_until(
            look,
            lambda seen: isinstance(seen, EnsuredTuning),
            subject=f"start of tuning {spec.name}",
            deadline_s=quota_deadline_s,
            on_look=told,
            schedule=QUOTA_SCHEDULE,
            clock=self._connection.clock,
            sleep=self._connection.sleep,
        )
        assert isinstance(seen, EnsuredTuning)  # noqa: S101  # the judge saw to it
        return seen

    def lost_validation(self, ensured: EnsuredTuning, dataset_id: str) -> str:
        """Return in one line that the tuning does not know its validation dataset, and what to do; empty: it does.

        A field that the service does not read is passed over without an error; GetOptions tells what arrived.
        """
        if dataset_id in self.options(ensured.task_id).validation_dataset_ids:
            return ""
        field = self._connection.assumptions.tuning.validation_field
        other = "validation_dataset" if field == "validation_datasets" else "validation_datasets"
        begins = f"Tuning {ensured.task_id} may run without its validation data: GetOptions does not name {dataset_id}"
        if ensured.action == "adopted":
            return (
                f"{begins}. It was started before this run; to have validation measured, tune again under another name"
            )
        return (
            f"{begins}, which was sent as {field}. Set assumptions.tuning.validation_field in the connection block to "
            f"{other}, and tune again under another name"
        )

    def _ensure(self, spec: TuningRequestSpec) -> EnsuredTuning:
        alike = self._alike(spec)
        found = self._best(alike)
        if found is not None:
            return _adopted(found)
        request = tuning_request(spec, self._connection.assumptions.tuning.validation_field)
        # The same for a process that takes over from one that died in this call, another once that start has failed.
        meant = f"{self._connection.folder_id}/{spec.name}/{spec.fingerprint}/{len(alike)}"
        idempotency_key = str(uuid5(NAMESPACE_URL, meant))

        def start() -> EnsuredTuning:
            operation = self._tune(request, idempotency_key)
            return EnsuredTuning(task_id_of(operation), operation.id, "created", TuningStatus.CREATED)

        def look() -> EnsuredTuning | None:
            started = self.find(spec)
            return _adopted(started) if started else None

        return create_once(self._connection, start, look, subject=f"tuning {spec.name}")

    def _alike(self, spec: TuningRequestSpec) -> list[TuningState]:
        return [task for task in self.list() if task.name == spec.name and self._same_work(task, spec)]

    @staticmethod
    def _best(alike: list[TuningState]) -> TuningState | None:
        usable = [task for task in alike if _is_usable(task)]
        return max(usable, key=lambda task: (task.succeeded, task.created_at or LONG_AGO), default=None)

    def _same_work(self, task: TuningState, spec: TuningRequestSpec) -> bool:
        if task.fingerprint:
            return task.fingerprint == spec.fingerprint
        return _is_usable(task) and self.options(task.task_id).same_work(spec)


def _is_usable(task: TuningState) -> bool:
    """Whether a wait for it may still end well: starting another beside it would pay twice."""
    return task.status not in NEVER_COMPLETED


def _adopted(found: TuningState) -> EnsuredTuning:
    return EnsuredTuning(found.task_id, found.operation_id, "adopted", found.status)
