"""What somebody has to know at once, as events of Prefect; automations.yaml says who is told.

The payload of each has `subject`, `reason` and `next_step`, in words. Prefect adds the run and its deployment.
"""

from collections.abc import Generator
from contextlib import contextmanager

from prefect.events import emit_event

from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.errors import FailedStateError
from domain.keys import StackKey
from domain.markdown import inert

REFUSED = "rag.version.refused"
ENDPOINT_FAILED = "rag.endpoint.failed"
PRICE_EXCEEDED = "rag.price.exceeded"
NAME = "prefect.resource.name"


def version_refused(stack: StackKey, version_id: str, reason: str, next_step: str, *, serves: bool) -> None:
    """Say that a version was judged and did not pass; one that `serves` stays in service."""
    subject = f"version {version_id}{', which is in service, did not pass' if serves else ' was refused'}"
    _emit(REFUSED, _of_stack(stack), subject, reason, next_step)


def price_exceeded(stack: StackKey, reason: str, next_step: str) -> None:
    """Say that a stack costs more by the hour than its limit, or would."""
    _emit(PRICE_EXCEEDED, _of_stack(stack), "the price is above its limit", reason, next_step)


def endpoint_failed(run: ModelRun, reason: str) -> None:
    """Say that a model run is FAILED."""
    next_step = "correct the cause, delete the model run in the console, then run provision-rag: it makes it anew"
    endpoint = _labels(f"endpoint.{run.model_run_id}", run.name)
    _emit(ENDPOINT_FAILED, endpoint, "the endpoint is FAILED", reason, next_step)


@contextmanager
def alarm_when_failed() -> Generator[None]:
    """Say it when a wait inside the block ends because the model run is FAILED."""
    try:
        yield
    except FailedStateError as error:
        run = ModelRun.model_validate(error.resource)
        if run.status == ModelRunStatus.FAILED:
            endpoint_failed(run, error.message)
        raise


def _of_stack(stack: StackKey) -> dict[str, str]:
    return _labels(f"stack.{stack.variable}", stack.name)


def _labels(resource: str, name: str) -> dict[str, str]:
    return {"prefect.resource.id": f"managed-rag.{resource}", NAME: name}


def _emit(event: str, resource: dict[str, str], subject: str, reason: str, next_step: str) -> None:
    named = inert(f"{resource[NAME]}: {subject}")
    emit_event(event, resource, payload={"subject": named, "reason": inert(reason), "next_step": next_step})
