"""An inference spec as the body of a create call, and how a live run differs from a spec."""

from typing import Any

from clouds.cloudru.assumptions import InferenceAssumptions
from clouds.cloudru.secret.client import EnsuredSecret
from clouds.cloudru.specs import ConcurrencyScaling, InferenceSpec, ScalingSpec
from clouds.cloudru.wire.inference import (
    ConcurrencyRule,
    CreateModelRunRequest,
    DynamicalOptions,
    FrameworkType,
    HuggingFaceRepository,
    KeepAliveDuration,
    ModelRun,
    ModelSource,
    ResourceType,
    RpsRule,
    Scaling,
    ScalingRules,
    ServingArgument,
    ServingOptions,
)
from clouds.errors import ConfigurationError

FRAMEWORK = {"vLLM": FrameworkType.VLLM, "SGLang": FrameworkType.SGLANG}
RESOURCE = {
    "A100": ResourceType.GPU_A100_NVLINK,
    "H100": ResourceType.GPU_H100,
    "V100": ResourceType.GPU_V100,
    "CPU": ResourceType.CPU,
}
OVERRIDES = "hf-overrides"
QWEN3_RERANKER = "Qwen/Qwen3-Reranker-"
"""The original checkpoints are language models; converted ones have other owners. Source: vLLM, Supported models."""
SAME_TASK = {
    "Embedding": ("EMBEDDING", "EMBED"),
    "Score": ("SCORE", "RERANK"),
    "Generate": ("GENERATE", "TEXT_GENERATION", "TEXT_2_TEXT_GENERATION", "CONVERSATIONAL"),
}
"""Names of the enum that serve the same calls; a run made in the console may have any. Source: docs/cloudru-api.md."""


def task_type(assumed: InferenceAssumptions, task: str) -> str:
    """Return the name of the task on the wire."""
    return {"Embedding": assumed.embedding_task, "Score": assumed.score_task, "Generate": assumed.generate_task}[task]


def default_overrides(spec: InferenceSpec, assumed: InferenceAssumptions) -> str:
    """Return what `hf-overrides` an original Qwen3 reranker is started with when its spec names none; empty: none."""
    named = any(argument.key == OVERRIDES for argument in spec.vllm_arguments)
    wanted = spec.task == "Score" and spec.repository.startswith(QWEN3_RERANKER) and not named
    return assumed.qwen3_reranker_overrides if wanted else ""


def create_body(
    spec: InferenceSpec,
    *,
    name: str,
    runtime_template_id: str,
    gpu_memory_gb: int,
    token_secret: EnsuredSecret | None,
    log_group_id: str | None,
    assumed: InferenceAssumptions,
) -> dict[str, Any]:
    """Return the JSON object to POST, in full: the service fails on bodies that leave keys out."""
    options: dict[str, Any] = {"isEnabledAuth": spec.authentication, "isEnabledLogging": spec.logging}
    if spec.authentication and spec.service_account_id:
        options[assumed.service_account_field] = spec.service_account_id
    if spec.logging and (group := spec.log_group_id or log_group_id):
        options[assumed.log_group_field] = group
    sent = {argument.key: argument.value for argument in spec.vllm_arguments}
    if overrides := default_overrides(spec, assumed):
        sent[OVERRIDES] = overrides
    arguments = [ServingArgument(key=key, value=value) for key, value in sent.items()]
    body = CreateModelRunRequest(
        name=name,
        framework_type=FRAMEWORK[spec.runtime],
        resource_type=RESOURCE[spec.resource],
        gpu_count=_gpus(spec),
        gpu_gb_memory=gpu_memory_gb,
        model_task_type=task_type(assumed, spec.task),
        runtime_template_id=runtime_template_id,
        model_source=ModelSource(
            hugging_face_repository=_repository(spec, assumed), secret=_secret(spec, token_secret, assumed)
        ),
        serving_options=ServingOptions(dynamical_options=DynamicalOptions(args=arguments)),
        scaling=_scaling(spec.scaling),
        options=options,
    ).to_wire()
    if assumed.keep_running_field:
        body["scaling"][assumed.keep_running_field] = spec.keep_running
    return body


def identity_differences(spec: InferenceSpec, run: ModelRun, assumed: InferenceAssumptions) -> list[str]:
    """Say where the run answers other than the spec wants: another model, task, runtime, arguments, or open to all.

    What the service does not report is not compared. Arguments that only the run has are the service's own business.
    """
    found: list[str] = []
    if run.model_source is not None:
        repository = run.model_source.hugging_face_repository
        have = repository.full_name if repository else "a source that is not Hugging Face"
        _differ(found, "repository", have, spec.repository)
        if repository:
            _differ(found, "revision", repository.revision or "main", spec.revision)
    if run.model_task_type not in ("", task_type(assumed, spec.task)):
        have = run.model_task_type.removeprefix("ModelTaskType_")
        if have not in SAME_TASK[spec.task]:
            found.append(f"task is {have}, not {spec.task}")
    if run.framework_type:
        _differ(found, "runtime", run.framework_type, str(FRAMEWORK[spec.runtime]))
    if run.serving_options is not None:
        have_arguments = {argument.key: argument.value for argument in run.serving_options.dynamical_options.args}
        for argument in spec.vllm_arguments:
            _differ(found, f"vLLM argument {argument.key}", have_arguments.get(argument.key, "not set"), argument.value)
    if spec.authentication and run.options.get("isEnabledAuth") is False:
        found.append("authentication is off, not on: anyone who knows its address may call it")
    return found


def other_differences(spec: InferenceSpec, run: ModelRun, gpu_memory_gb: int) -> list[str]:
    """Say where the run is not as the spec wants although it answers the same: what it costs and how it scales."""
    found: list[str] = []
    if run.resource_type:
        _differ(found, "resource", run.resource_type, str(RESOURCE[spec.resource]))
    if run.gpu_count:
        _differ(found, "GPU count", run.gpu_count, _gpus(spec))
    if run.gpu_gb_memory and spec.gpu_memory_gb:
        _differ(found, "GPU memory in GB", run.gpu_gb_memory, gpu_memory_gb)
    if run.scaling is not None:
        _differ(found, "instances at least", run.scaling.min_scale, spec.scaling.minimum)
        _differ(found, "instances at most", run.scaling.max_scale, spec.scaling.maximum)
    if not spec.authentication and run.options.get("isEnabledAuth") is True:
        found.append("authentication is on, not off")
    return found


def _differ(found: list[str], what: str, have: object, wanted: object) -> None:
    if have != wanted:
        found.append(f"{what} is {have}, not {wanted}")


def _gpus(spec: InferenceSpec) -> int:
    return 0 if spec.resource == "CPU" else spec.gpu_count


def _repository(spec: InferenceSpec, assumed: InferenceAssumptions) -> HuggingFaceRepository:
    if assumed.repository == "whole":
        return HuggingFaceRepository(repo=spec.repository, revision=spec.revision)
    organisation, _, model = spec.repository.partition("/")
    return HuggingFaceRepository(repo=organisation, model=model, revision=spec.revision)


def _secret(spec: InferenceSpec, secret: EnsuredSecret | None, assumed: InferenceAssumptions) -> str:
    if secret is None:
        return ""
    values = {"id": secret.id, "path": secret.path, "version": str(spec.token_secret_version or secret.version)}
    text = assumed.token_secret
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    if not text:
        raise ConfigurationError(
            f"{spec.name}: Secret Management tells no id of the secret {secret.path!r}. Set "
            "assumptions.inference.token_secret in the connection block to {path}."
        )
    return text


def _scaling(spec: ScalingSpec) -> Scaling:
    if isinstance(spec.rule, ConcurrencyScaling):
        rules = ScalingRules(concurrency_type=ConcurrencyRule(soft=spec.rule.soft, hard=spec.rule.hard))
    else:
        rules = ScalingRules(rps_type=RpsRule(value=spec.rule.value))
    minutes, seconds = divmod(spec.keep_alive_s, 60)
    hours, minutes = divmod(minutes, 60)
    idle = KeepAliveDuration(hours=hours, minutes=minutes, seconds=seconds) if spec.minimum == 0 else None
    return Scaling(min_scale=spec.minimum, max_scale=spec.maximum, scaling_rules=rules, keep_alive_duration=idle)
