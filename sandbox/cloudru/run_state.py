"""What is kept of a model run, its status now, and how it is written on the wire."""

from pydantic import BaseModel

from clouds.cloudru.wire.inference import CreateModelRunRequest, ModelRun, ResourceType, StatusReason
from clouds.cloudru.wire.inference import ModelRunStatus as Status
from sandbox.clock import timestamp
from sandbox.timeline import Timeline

DEFAULT_KEEP_ALIVE_S = 900.0


class RunEvent(BaseModel):
    """An entry of a run's history."""

    event_type: str
    version: int
    author_id: str


class Run(BaseModel):
    """A run as it is kept: what was asked for, and how it ages. A status is computed by `status`, never kept."""

    id: str
    request: CreateModelRunRequest
    timeline: Timeline
    created_at: float
    updated_at: float
    used_at: float = 0.0
    failure: StatusReason | None = None
    events: list[RunEvent] = []

    def status(self, now: float) -> str:
        """Return the status now; an idle run that may scale to zero is COOLED."""
        status = self.timeline.status(now)
        if status == Status.RUNNING and self.request.scaling.min_scale == 0:
            keep = self.request.scaling.keep_alive_duration
            keep_s = keep.hours * 3600 + keep.minutes * 60 + keep.seconds if keep else DEFAULT_KEEP_ALIVE_S
            if now - max(self.used_at, self.timeline.final_at) > keep_s:
                return Status.COOLED
        return status

    @property
    def name(self) -> str:
        """Its name, by which it is also called as a model."""
        return self.request.name

    @property
    def task(self) -> str:
        """Its task, `ModelTaskType_...`."""
        return self.request.model_task_type

    @property
    def repository(self) -> str:
        """Repository of its weights, `organisation/model`, of Hugging Face or ModelScope; empty for another source."""
        source = self.request.model_source
        repository = source.hugging_face_repository or source.model_scope
        return repository.full_name if repository else ""

    @property
    def revision(self) -> str:
        """Revision of that repository on Hugging Face."""
        source = self.request.model_source.hugging_face_repository
        return source.revision if source else "main"

    @property
    def gpus(self) -> int:
        """What it takes from the quota: GPUs, or one for a run on CPU."""
        return 1 if self.request.resource_type == ResourceType.CPU else self.request.gpu_count

    def listed(self, now: float) -> ModelRun:
        """Return the short fields."""
        request = self.request
        return ModelRun(
            model_run_id=self.id,
            name=request.name,
            status=self.status(now),
            framework_type=request.framework_type,
            resource_type=request.resource_type,
            gpu_count=request.gpu_count,
        )

    def whole(self, now: float, public_url: str) -> ModelRun:
        """Return all fields; the address is there once it runs."""
        request, listed = self.request, self.listed(now)
        return listed.model_copy(
            update={
                "gpu_gb_memory": request.gpu_gb_memory,
                "model_task_type": request.model_task_type,
                "model_source": request.model_source,
                "serving_options": request.serving_options,
                "scaling": request.scaling,
                "options": request.options,
                "public_url": public_url if listed.status in (Status.RUNNING, Status.COOLED) else "",
                "created_at": timestamp(self.created_at),
                "updated_at": timestamp(self.updated_at),
                "status_reason": self.failure if listed.status == Status.FAILED else None,
            }
        )
