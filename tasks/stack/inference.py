"""Model runs: start what is missing, and wait until each one answers."""

from threading import Lock

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import EnsuredRun, SeenRun
from clouds.cloudru.secret import EnsuredSecret
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from domain.keys import artifact_key
from domain.models import ModelSpec, ReadyModel
from tasks.run.events import alarm_when_failed
from tasks.run.progress import progress
from tasks.run.steps import LOOK_FIRST, left_of, step, stop_when_another_failed
from tasks.stack.preflight import Checked

STAGES = (
    ModelRunStatus.RESOURCE_ALLOCATION,
    ModelRunStatus.PULLING,
    ModelRunStatus.RUNTIME_INITIALIZING,
    ModelRunStatus.RUNNING,
)
"""Statuses on the way; the last stage of the wait is the answer itself."""
_LOG_GROUPS = Lock()


@step("ensure-inference", run_name="ensure-inference {model.name}", **LOOK_FIRST)
def ensure_inference(
    cloudru: CloudRuCredentials,
    model: ModelSpec,
    checked: Checked,
    stack_secret: EnsuredSecret | None,
) -> EnsuredRun | None:
    """Adopt the run or start it; None for a model of Foundation Models, which has nothing to start."""
    if isinstance(model, FoundationModelSpec):
        return None
    stop_when_another_failed()  # a model that is not started costs nothing
    client = cloudru.get_client()
    ensured = client.inferences.ensure(
        model,
        gpu_memory_gb=checked.gpu_memory_gb[model.name],
        token_secret=_token_secret(client, model, stack_secret),
        log_group_id=log_group(client, model.log_group_id) if model.logging else None,
    )
    for difference in ensured.differences:
        get_run_logger().warning("%s: adopted although %s", model.name, difference)
    return ensured


@step("wait-for", run_name="wait-for {model.name}", **LOOK_FIRST)
def wait_for_inference(cloudru: CloudRuCredentials, model: ModelSpec, ensured: EnsuredRun | None) -> ReadyModel:
    """Wait until the run answers as its task asks."""
    if isinstance(model, FoundationModelSpec) or ensured is None:
        return FoundationModelSpec.model_validate(model)
    with progress(
        artifact_key("wait-for", cloudru.project_id, model.name), f"Until {model.name} answers", total=len(STAGES) + 1
    ) as advance:

        def on_look(seen: SeenRun, _elapsed_s: float) -> None:
            stop_when_another_failed()
            advance(stage(seen.run), str(seen))

        with alarm_when_failed():
            ready = cloudru.get_client().inferences.wait_ready(
                ensured.run.model_run_id, task=model.task, deadline_s=left_of(model.ready_within_s), on_look=on_look
            )
        advance(len(STAGES) + 1, ready.proof)
    get_run_logger().info("%s answers as %s: %s", model.name, ready.served_name, ready.proof)
    return ready


def stage(run: ModelRun) -> int:
    """Return how many stages of a run have begun; the answer itself is one more."""
    return STAGES.index(ModelRunStatus(run.status)) + 1 if run.status in STAGES else 0


def log_group(client: CloudRuClient, preferred: str | None) -> str:
    """Return the log group to use. One thread at a time: several would each create the one that is missing."""
    with _LOG_GROUPS:
        return client.log_groups.ensure(preferred)


def _token_secret(
    client: CloudRuClient, spec: InferenceSpec, stack_secret: EnsuredSecret | None
) -> EnsuredSecret | None:
    """Return the secret that the run pulls with: its own one, else the stack's."""
    if spec.token_secret is not None:
        return client.secrets.adopt(spec.token_secret, spec.token_secret_version)
    if spec.token_secret_version is not None and stack_secret is not None:
        return client.secrets.adopt(stack_secret.path, spec.token_secret_version)
    return stack_secret
