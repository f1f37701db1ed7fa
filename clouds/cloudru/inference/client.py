"""ML Inference (Model RUN): runs by name, quota, and the wait until a run answers. Source: docs/cloudru-api.md."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clouds.about import check_about
from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.inference.catalogue import InferenceCatalogue
from clouds.cloudru.inference.decision import ASLEEP, GONE, RunDecision, decide_about, find_among, place
from clouds.cloudru.inference.model import Models
from clouds.cloudru.inference.request import RESOURCE, create_body
from clouds.cloudru.inference.sizing import Task
from clouds.cloudru.inference.wait import ReadyRun, SeenRun, is_suspended, named_status
from clouds.cloudru.secret.client import EnsuredSecret
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import (
    CreateModelRunResponse,
    GetModelRunResponse,
    ListModelRunsResponse,
    ModelRun,
    ModelRunStatus,
)
from clouds.create_once import create_once, find_new
from clouds.errors import APIError, ConfigurationError, ConflictError, NotFoundError, WrongAnswerError
from clouds.pages import by_offset
from clouds.polling import OnLook

PAGE_SIZE = 100
REFUSED_NAMES = 5
"""Names that the service may refuse although no listed run holds them, before its refusal is believed."""


@dataclass(frozen=True)
class EnsuredRun:
    """A live run; `differences` from the spec that do not change its answers and were left, in words.

    `proven` is False where it was `created` by a call whose answer was lost: another client may have made it.
    """

    run: ModelRun
    action: Action
    differences: tuple[str, ...] = ()
    proven: bool = True


class _NameTakenError(Exception):
    pass


class Inferences:
    """The model runs of a project. Safe under threads."""

    def __init__(self, connection: Connection, models: Models, catalogue: InferenceCatalogue) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._models = models
        self._catalogue = catalogue
        self._base = f"{connection.endpoints.inference.rstrip('/')}/{connection.project_id}"

    def get(self, run_id: str) -> ModelRun:
        """Return a run with all its fields."""
        url = f"{self._base}/modelruns/{run_id}"
        run = self._connection.transport.ask(GetModelRunResponse, "GET", url).model_run
        check_about(run_id, run.model_run_id, subject=f"GET {url}")
        return run

    def find(self, name: str) -> ModelRun | None:
        """Return the live run of that name (short fields), also under the suffix it got while the name was held."""
        return find_among(self.list(), name)

    def suspend(self, run_id: str) -> None:
        """Stop it and what it costs; it keeps its id and name."""
        self._connection.transport.request("PATCH", f"{self._base}/modelruns/{run_id}/suspend", repeatable=True)

    def resume(self, run_id: str) -> None:
        """Start a suspended run again."""
        self._connection.transport.request("PATCH", f"{self._base}/modelruns/{run_id}/resume", repeatable=True)

    def delete(self, run_id: str) -> None:
        """Delete it; one that is not there is deleted. Its name stays taken."""
        try:
            self._connection.transport.request("DELETE", f"{self._base}/modelruns/{run_id}")
        except NotFoundError:
            return

    def check_quota(self, specs: Sequence[InferenceSpec], listed: Sequence[ModelRun] | None = None) -> None:
        """Count what the runs that do not live yet would take: GPUs of one instance x instances at least, one or more.

        `listed` are the project's runs, when they have been listed already.

        Raises:
            ConfigurationError: less is free than is needed, or the project has no such resource.

        """
        needed: dict[str, int] = defaultdict(int)
        runs = self.list() if listed is None else listed
        for spec in specs:
            if place(spec.name, runs, ())[0] is None:
                needed[spec.resource] += spec.gpu_count * max(1, spec.scaling.minimum) if spec.resource != "CPU" else 0
        needed = {resource: count for resource, count in needed.items() if count}
        quotas = {quota.resource_type: quota for quota in self._catalogue.quotas()} if needed else {}
        if not quotas:
            return  # nothing to create, or a service that tells no quota: the create call itself will tell
        for resource, count in needed.items():
            quota = quotas.get(RESOURCE[resource])
            if quota is None:
                known = ", ".join(sorted(name.removeprefix("ResourceType_") for name in quotas))
                raise ConfigurationError(f"the project has no resource {resource}; it has {known}. Set `resource`.")
            if count > quota.free:
                raise ConfigurationError(
                    f"{resource}: {count} needed, {quota.free} free of {quota.limit}. Nothing was created. Suspend or "
                    "delete a model run, lower gpu_count, take another resource, or ask for more quota in the console."
                )

    def decide(
        self,
        spec: InferenceSpec,
        *,
        gpu_memory_gb: int,
        listed: Sequence[ModelRun] | None = None,
        refused: Collection[str] = (),
    ) -> RunDecision:
        """Say what `ensure` would do; changes nothing.

        `listed` are the project's runs, when they have been listed already; names `refused` are not created.

        Raises:
            ConfigurationError: a live run of that name answers other than the spec wants; says what differs.
            FailedStateError: the live run of that name has failed; a second paid one is not made silently.

        """
        live, name = place(spec.name, self.list() if listed is None else listed, refused)
        if live is not None:
            return decide_about(
                spec,
                self.get(live.model_run_id),
                gpu_memory_gb=gpu_memory_gb,
                assumed=self._connection.assumptions.inference,
            )
        held = "" if name == spec.name else f"; deleted runs hold the names before {name}"
        return RunDecision("create", name, f"no live run of that name{held}")

    def ensure(
        self, spec: InferenceSpec, *, gpu_memory_gb: int, token_secret: EnsuredSecret | None, log_group_id: str | None
    ) -> EnsuredRun:
        """Adopt the live run of that name and model, resuming a suspended one, or create it.

        A name that a deleted run still holds gets the next free suffix (`name-2`); a later call finds that one. A name
        that is refused although no run of it is listed was taken by a create of before, until that would be listed.

        Raises:
            ConfigurationError: a live run of that name answers other than the spec wants; says what differs.
            FailedStateError: the live run of that name has failed; a second paid one is not made silently.
            ConfigurationError: the runtime is not offered.

        """
        refused: list[str] = []
        action: Action
        while True:
            decided = self.decide(spec, gpu_memory_gb=gpu_memory_gb, refused=refused)
            if decided.run is not None:
                action = "resumed" if decided.verb == "resume" else "adopted"
                return EnsuredRun(self.wake(decided.run), action, decided.differences)
            name = decided.name
            body = create_body(
                spec,
                name=name,
                runtime_template_id=self._catalogue.runtime_template(spec).id,
                gpu_memory_gb=gpu_memory_gb,
                token_secret=token_secret,
                log_group_id=log_group_id,
                assumed=self._connection.assumptions.inference,
            )
            subject = f"the new model run {name}"

            def find(name: str = name) -> str | None:
                return self._created_meanwhile(spec, name, gpu_memory_gb)

            answered: list[str] = []

            def create(body: Mapping[str, Any] = body, answered: list[str] = answered) -> str:
                answered.append(self._create(body))
                return answered[-1]

            action = "created"
            refusal: BaseException | None = None
            try:
                run_id = create_once(self._connection, create, find, subject=subject)
            except _NameTakenError as taken:
                refusal, action = taken.__cause__, "adopted"
                run_id = find_new(self._connection, find, subject=subject)
            if run_id:
                run = self._connection.wait_visible(lambda run_id=run_id: self.get(run_id), subject=subject)
                return EnsuredRun(run, action, proven=action != "created" or bool(answered))
            refused.append(name)
            if len(refused) > REFUSED_NAMES and refusal is not None:
                raise refusal

    def wait_ready(
        self, run_id: str, *, task: Task, deadline_s: float, on_look: OnLook[SeenRun] | None = None
    ) -> ReadyRun:
        """Wait until the run is RUNNING and gives a right answer.

        Raises:
            FailedStateError: it failed, was deleted or suspended; with its reason.
            WrongAnswerError: it answers, but wrongly; says what to change.
            DeadlineError: it did neither in time; says what was last seen.

        """
        margin = self._connection.assumptions.inference.reranker_margin
        seen = self._connection.wait(
            lambda: SeenRun.asked(self._models, self.get(run_id), task, reranker_margin=margin),
            SeenRun.is_ready,
            subject="model run",
            deadline_s=deadline_s,
            words=lambda seen: f"{seen.run.name} {seen}",
            on_look=on_look,
        )
        assert seen.ready is not None  # noqa: S101  # the judge saw to it
        return seen.ready

    def wait_suspended(self, run_id: str, *, deadline_s: float, on_look: OnLook[ModelRun] | None = None) -> ModelRun:
        """Wait until the run is SUSPENDED.

        Raises:
            FailedStateError: it failed or was deleted.
            DeadlineError: not in time; says what was last seen.

        """
        return self._connection.wait(
            lambda: self.get(run_id),
            is_suspended,
            subject="model run",
            deadline_s=deadline_s,
            words=named_status,
            on_look=on_look,
        )

    def wait_gone(self, run_id: str, *, deadline_s: float, on_look: OnLook[str] | None = None) -> None:
        """Wait until the run is DELETED or not there; DeadlineError when it is not in time."""
        self._connection.wait_gone(
            lambda: self.get(run_id),
            lambda run: run.status == ModelRunStatus.DELETED,
            subject="the deletion of a model run",
            deadline_s=deadline_s,
            words=named_status,
            on_look=on_look,
        )

    def wake(self, run: ModelRun) -> ModelRun:
        """Resume a run that is suspended or about to be; return it as it looks once that has begun."""
        if run.status not in ASLEEP:
            return run
        self.resume(run.model_run_id)
        return self._connection.wait_visible(
            lambda: self.get(run.model_run_id),
            lambda seen: seen.status not in ASLEEP,
            subject=f"the resumed model run {run.name}",
        )

    def list(self) -> list[ModelRun]:
        """Return every run with its short fields, deleted ones too.

        Raises:
            WrongAnswerError: the list is not whole, read a second time neither.

        """
        url = f"{self._base}/modelruns"

        def ask(offset: int) -> ListModelRunsResponse:
            params = {"limit": PAGE_SIZE, "offset": offset}
            return self._connection.transport.ask(ListModelRunsResponse, "GET", url, params=params)

        def read() -> tuple[dict[str, ModelRun], ListModelRunsResponse]:
            return by_offset(
                ask,
                lambda page: {run.model_run_id: run for run in page.model_runs},
                lambda page, count: count < page.total,
            )

        runs, last = read()
        if len(runs) < last.total:  # a run that is created meanwhile moves others to another page
            runs, last = read()
        if len(runs) >= last.total:
            return [*runs.values()]
        raise WrongAnswerError(
            f"GET {url} lists {len(runs)} model runs and says that there are {last.total}: a list that is not whole is "
            "no ground to create or delete anything. Run again."
        )

    def _created_meanwhile(self, spec: InferenceSpec, name: str, gpu_memory_gb: int) -> str | None:
        """Look by name for what a create before has made; another caller's run must be what is wanted, too."""
        held = [run for run in self.list() if run.name == name]
        for run in held:
            if run.status not in GONE:
                seen = self.get(run.model_run_id)
                decide_about(spec, seen, gpu_memory_gb=gpu_memory_gb, assumed=self._connection.assumptions.inference)
                return self.wake(seen).model_run_id
        return "" if held else None  # a deleted run holds the name: there is nothing to wait for

    def _create(self, body: Mapping[str, Any]) -> str:
        url = f"{self._base}/modelruns"
        try:
            return self._connection.transport.ask(CreateModelRunResponse, "POST", url, json=body).model_run_id
        except APIError as error:
            text = self._connection.assumptions.inference.name_taken_text.casefold()
            if isinstance(error, ConflictError) or (text and text in error.message.casefold()):
                raise _NameTakenError from error
            raise
