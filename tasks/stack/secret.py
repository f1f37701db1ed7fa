"""The Hugging Face token in Secret Management."""

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from clouds.cloudru.secret import EnsuredSecret
from tasks.run.steps import LOOK_FIRST, step


@step("ensure-secret", run_name="ensure-secret {path}", **LOOK_FIRST)
def ensure_secret(
    cloudru: CloudRuCredentials, hub: HuggingFaceCredentials, path: str, description: str
) -> EnsuredSecret | None:
    """Keep the token under `path`, as a new version only when it changed; None when the block holds no token."""
    if not hub.token:
        return None
    return cloudru.get_client().secrets.ensure(path, hub.token, description)
