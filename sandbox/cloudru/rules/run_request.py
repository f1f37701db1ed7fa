"""What Model RUN refuses in a create: it is strict about its payload."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from clouds.cloudru.wire.inference import (
    CreateModelRunRequest,
    FrameworkType,
    ModelSource,
    ModelTaskType,
    ResourceType,
)
from sandbox.cloudru.rules.runtimes import TEMPLATES
from sandbox.errors import GrpcCode, RpcError, problems_of

NAME_PATTERN = r"[a-z][a-z0-9-]*"
"""Source: cloud-ru/evo-aifactory-skills cloudru-ml-inference, read 2026-11-21."""
MAX_SCALE = 20
"""Source: the sister service AI Agents, cloud-ru/evo-ai-agents-cli swagger, read 2026-11-21."""
OTHER_TASKS = (
    "TEXT_2_TEXT_GENERATION", "TEXT_GENERATION", "EMBED", "RERANK", "CLASSIFY", "REWARD", "CONVERSATIONAL",
    "FEATURE_EXTRACTION", "SUMMARIZATION", "TRANSLATION", "QUESTION_ANSWERING", "TEXT_2_IMAGE_GENERATION",
)  # fmt: skip
TASKS = (*ModelTaskType, *(f"ModelTaskType_{name}" for name in OTHER_TASKS))


def read_request(body: Mapping[str, Any]) -> CreateModelRunRequest:
    """Return the request in a body, or refuse with 400 and every reason that the gateway's JSON reader has."""
    _check_keys(body)
    try:
        request = CreateModelRunRequest.model_validate(body)
    except ValidationError as error:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, problems_of(error.errors())) from error
    _check_request(request)
    return request


def _check_keys(body: Mapping[str, Any]) -> None:
    """Refuse keys that the message does not have, and empty strings where one is required."""
    fields = CreateModelRunRequest.model_fields
    known = {*fields, *(field.alias for field in fields.values())}
    for key, value in body.items():
        _require(key in known, f'unknown field "{key}"')
        _require(value != "", f'unexpected token "" in field "{key}"')


def _check_request(request: CreateModelRunRequest) -> None:
    """Refuse what the console's form would not send."""
    name_is_good = re.fullmatch(NAME_PATTERN, request.name) is not None
    _require(name_is_good, f"name {request.name!r} does not match ^{NAME_PATTERN}$")
    _require_enum("frameworkType", request.framework_type, FrameworkType)
    _require_enum("resourceType", request.resource_type, ResourceType)
    _require_enum("modelTaskType", request.model_task_type, TASKS)
    is_gpu = request.resource_type != ResourceType.CPU
    _require(not is_gpu or request.gpu_count >= 1, "gpuCount must be at least 1")
    _require(not is_gpu or request.gpu_gb_memory >= 1, "gpuGbMemory must be at least 1")
    _check_source(request.model_source)
    scaling = request.scaling
    bounds = 0 <= scaling.min_scale <= scaling.max_scale <= MAX_SCALE and scaling.max_scale >= 1
    _require(bounds, f"scaling: 0 <= minScale <= maxScale and 1 <= maxScale <= {MAX_SCALE} is required")
    rules = (scaling.scaling_rules.rps_type, scaling.scaling_rules.concurrency_type)
    _require(sum(rule is not None for rule in rules) == 1, "scaling.scalingRules needs exactly one rule")
    _check_template(request)


def _check_source(source: ModelSource) -> None:
    given = (source.hugging_face_repository, source.ollama, source.model_registry, source.model_scope)
    count = sum(each is not None for each in given)
    _require(count > 0, "modelSource names no repository")
    _require(count == 1, "modelSource names more than one repository")


def _check_template(request: CreateModelRunRequest) -> None:
    template = next((each for each in TEMPLATES if each.id == request.runtime_template_id), None)
    if template is None or not template.is_active:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, f"runtime template {request.runtime_template_id!r} is not available")
    same = template.framework_type == request.framework_type
    _require(same, f"runtime template {template.id} is {template.framework_type}, not {request.framework_type}")
    allowed = any(gpu.resource_type == request.resource_type and gpu.is_allowed for gpu in template.gpus)
    _require(allowed, f"runtime template {template.id} does not run on {request.resource_type}")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001  reads as an assertion
    if not condition:
        raise RpcError(GrpcCode.INVALID_ARGUMENT, message)


def _require_enum(field: str, value: str, known: Iterable[str]) -> None:
    _require(value in set(known), f'invalid value for enum field {field}: "{value}"')
