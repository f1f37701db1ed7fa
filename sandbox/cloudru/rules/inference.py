"""Model RUN: runs that are allocated, pull, initialise, run, cool, sleep and die by the clock; and the quota."""

import uuid
from collections.abc import Mapping
from typing import Any

from clouds.cloudru.wire.inference import (
    CreateModelRunRequest,
    Quota,
    StatusReason,
)
from clouds.cloudru.wire.inference import ModelRunStatus as Status
from sandbox.cloudru.rules.run_failure import failure
from sandbox.cloudru.rules.run_request import read_request
from sandbox.cloudru.rules.secret import SecretManagement
from sandbox.cloudru.run_state import Run, RunEvent
from sandbox.errors import GrpcCode, RpcError
from sandbox.host import Host
from sandbox.repositories import Repositories
from sandbox.settings import RunSpans
from sandbox.timeline import Span, Timeline, timeline

NAME_TAKEN = "a modelrun with the given name could not be created"
"""Published for the name of a deleted run. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""
HOLDS_NO_QUOTA = (Status.SUSPENDED, Status.DELETED, Status.FAILED)


class ModelRuns:
    """The runs of the project."""

    def __init__(self, host: Host, secret: SecretManagement, repositories: Repositories) -> None:
        self._host, self._secret, self._repositories = host, secret, repositories
        self._kept = host.state.collection("model_run", Run)

    def all(self) -> list[Run]:
        """Return every run, deleted ones too, oldest first."""
        return self._kept.all()

    def listed(self) -> list[Run]:
        """Return the runs that the service lists by now."""
        return self._kept.listed()

    def find(self, run_id: str) -> Run | None:
        """Return a run without counting it as a read of its status."""
        return self._kept.get(run_id)

    def get(self, run_id: str) -> Run:
        """Return a run, or refuse with 404."""
        run = self.find(run_id)
        if run is None:
            raise RpcError(GrpcCode.NOT_FOUND, f"modelrun {run_id!r} not found")
        return run

    def read(self, run_id: str) -> Run:
        """Return a run and count the read: stages may last a number of reads."""
        with self._host.state.locked():
            run = self.get(run_id)
            if run.timeline.counts_reads:
                self._put(run, timeline=run.timeline.read(), updated_at=run.updated_at)
        return run

    def create(self, body: Mapping[str, Any], author: str) -> Run:
        """Make a run, or refuse: 400 a bad payload, 409 a taken name, 429 no quota left."""
        request = read_request(body)
        now = self._host.clock()
        with self._host.state.locked():
            self._check_name(request.name)
            run = Run(
                id=str(uuid.uuid4()),
                request=request,
                timeline=self._bring_up(request, self._failure(request)),
                created_at=now,
                updated_at=now,
                failure=self._failure(request),
            )
            self._check_quota(run)
            return self._put(run, event="CREATED", author=author)

    def update(self, run_id: str, changes: Mapping[str, Any], author: str) -> Run:
        """Change some fields of a run that was not deleted."""
        with self._host.state.locked():
            run = self._alive(run_id)
            request = read_request({**run.request.to_wire(), **changes})
            if request.name != run.name:
                self._check_name(request.name)
            return self._put(run, event="UPDATED", author=author, request=request)

    def delete(self, run_id: str, author: str) -> Run:
        """Delete a run; its name stays taken. A deleted run is left as it is."""
        with self._host.state.locked():
            run = self.get(run_id)
            if run.timeline.final == Status.DELETED:
                return run
            stages = [(Status.ON_DELETION, self._spans(run.request).deletion)]
            return self._put(
                run, event="DELETED", author=author, timeline=timeline(stages, Status.DELETED, self._host.clock())
            )

    def suspend(self, run_id: str, author: str) -> Run:
        """Stop a run; again is no error."""
        with self._host.state.locked():
            run = self._alive(run_id)
            if run.timeline.final == Status.SUSPENDED:
                return run
            stages = [(Status.ON_SUSPENSION, self._spans(run.request).suspension)]
            return self._put(
                run, event="SUSPENDED", author=author, timeline=timeline(stages, Status.SUSPENDED, self._host.clock())
            )

    def resume(self, run_id: str, author: str) -> Run:
        """Start a suspended run again, through the same stages; a run that is not suspended is left as it is."""
        with self._host.state.locked():
            run = self._alive(run_id)
            if run.timeline.final != Status.SUSPENDED:
                return run
            failure = self._failure(run.request)
            if run.status(self._host.clock()) == Status.SUSPENDED:
                self._check_quota(run)
            bring_up = self._bring_up(run.request, failure)
            return self._put(run, event="RESUMED", author=author, timeline=bring_up, failure=failure)

    def use(self, run_id: str) -> None:
        """Note that a run answered, which keeps it warm; only runs that may cool are written."""
        with self._host.state.locked():
            run = self.get(run_id)
            if run.request.scaling.min_scale == 0:
                self._put(run, used_at=self._host.clock(), updated_at=run.updated_at)

    def quotas(self) -> list[Quota]:
        """Return what is left of each resource type."""
        limits = self._host.settings.gpu_limits
        return [Quota(resource_type=kind, free=limit - self._used(kind), limit=limit) for kind, limit in limits.items()]

    def _alive(self, run_id: str) -> Run:
        run = self.get(run_id)
        if run.timeline.final == Status.DELETED:
            raise RpcError(GrpcCode.FAILED_PRECONDITION, f"modelrun {run_id!r} is deleted")
        return run

    def _spans(self, request: CreateModelRunRequest) -> RunSpans:
        settings = self._host.settings
        by = settings.run_spans_by
        return by.get(request.name) or by.get(request.model_task_type) or settings.run_spans

    def _bring_up(self, request: CreateModelRunRequest, failure: StatusReason | None) -> Timeline:
        spans = self._spans(request)
        stages: list[tuple[str, Span]] = [
            (Status.RESOURCE_ALLOCATION, spans.resource_allocation),
            (Status.PULLING, spans.pulling),
            (Status.RUNTIME_INITIALIZING, spans.runtime_initializing),
        ]
        if failure:  # both known reasons show while the weights are pulled
            return timeline(stages[:2], Status.FAILED, self._host.clock())
        return timeline(stages, Status.RUNNING, self._host.clock())

    def _failure(self, request: CreateModelRunRequest) -> StatusReason | None:
        """Return why a run will fail: judged when it is started, shown once it has pulled."""
        return failure(request, self._secret, self._repositories, self._host.settings)

    def _check_name(self, name: str) -> None:
        now, deleted_counts = self._host.clock(), self._host.settings.deleted_name_is_taken
        for run in self.all():
            if run.name == name and (deleted_counts or run.status(now) != Status.DELETED):
                raise RpcError(GrpcCode.ALREADY_EXISTS, NAME_TAKEN)

    def _used(self, resource_type: str) -> int:
        now = self._host.clock()
        runs = [run for run in self.all() if run.request.resource_type == resource_type]
        return sum(run.gpus for run in runs if run.status(now) not in HOLDS_NO_QUOTA)

    def _check_quota(self, run: Run) -> None:
        kind = run.request.resource_type
        limit = self._host.settings.gpu_limits.get(kind, 0)
        free = limit - self._used(kind)
        if run.gpus > free:
            raise RpcError(
                GrpcCode.RESOURCE_EXHAUSTED, f"quota of {kind} exceeded: {run.gpus} asked for, {free} of {limit} free"
            )

    def _put(self, run: Run, event: str = "", author: str = "", **changes: Any) -> Run:
        events = run.events
        if event:
            events = [*events, RunEvent(event_type=event, version=len(events) + 1, author_id=author)]
        changed = run.model_copy(update={"events": events, "updated_at": self._host.clock(), **changes})
        self._kept.put(run.id, changed)
        return changed
