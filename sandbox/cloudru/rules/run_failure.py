"""Why a run that is accepted will be FAILED. The reasons' shape is that of AI Agents (INFERRED)."""

from typing import Literal

from clouds.cloudru.wire.inference import CreateModelRunRequest, FrameworkType, ModelSource, StatusReason
from sandbox.cloudru.rules.secret import SecretManagement
from sandbox.repositories import Repositories
from sandbox.settings import HUGGING_FACE_TOKEN, Settings

PICTURES = (FrameworkType.DIFFUSERS, FrameworkType.COMFY_UI)
PICTURE_TASK = "ModelTaskType_TEXT_2_IMAGE_GENERATION"


def failure(
    request: CreateModelRunRequest, secret: SecretManagement, repositories: Repositories, settings: Settings
) -> StatusReason | None:
    """Return why a run will fail, None when it will not."""
    source = request.model_source
    if request.framework_type in PICTURES or request.model_task_type == PICTURE_TASK:
        what = f"{request.framework_type} with {request.model_task_type} makes pictures, and the sandbox makes none"
        return _reason("VALIDATION", "FRAMEWORK_NOT_SERVED", what)
    if source.hugging_face_repository is None:
        return _elsewhere(source, repositories)
    return _token(source.secret, secret) or _repository(source, repositories, settings)


def _elsewhere(source: ModelSource, repositories: Repositories) -> StatusReason | None:
    """Judge the other sources: a repository of ModelScope that Hugging Face has too is served, nothing else is."""
    for name, given in (("ollama", source.ollama), ("the model registry", source.model_registry)):
        if given:
            return _reason(
                "VALIDATION", "SOURCE_NOT_SERVED", f"{given.full_name}: the sandbox serves nothing of {name}"
            )
    if source.model_scope and not repositories.exists(source.model_scope.full_name):
        what = f"{source.model_scope.full_name} was not found on ModelScope"
        return _reason("VALIDATION", "REPOSITORY_NOT_FOUND", what)
    return None


def _token(given: str, secret: SecretManagement) -> StatusReason | None:
    if not given:
        return None
    token = secret.resolve(given)
    if token is None:
        what = f"secret {given!r} of the Hugging Face token was not found"
        return _reason("INTEGRATIONAL", "SECRET_NOT_FOUND", what)
    if token != HUGGING_FACE_TOKEN:
        return _reason("INTEGRATIONAL", "TOKEN_REJECTED", "Hugging Face did not accept the token of the secret")
    return None


def _repository(source: ModelSource, repositories: Repositories, settings: Settings) -> StatusReason | None:
    repository = source.hugging_face_repository
    if repository is None:
        return None
    name = repository.full_name
    if not repositories.has_revision(name, repository.revision):
        what = f"{name} at revision {repository.revision} was not found on Hugging Face"
        return _reason("VALIDATION", "REPOSITORY_NOT_FOUND", what)
    if name in settings.failing_repositories:
        return _reason("INTERNAL", "MODEL_NOT_LOADED", f"the weights of {name} could not be loaded")
    if repositories.is_gated(name):
        return _reason("INTEGRATIONAL", "REPOSITORY_GATED", f"Hugging Face refused the files of {name}: it is gated")
    return None


def _reason(kind: Literal["VALIDATION", "INTEGRATIONAL", "INTERNAL"], key: str, message: str) -> StatusReason:
    return StatusReason(reason_type=f"REASON_TYPE_{kind}", key=key, message=message)
