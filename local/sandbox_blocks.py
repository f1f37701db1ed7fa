"""`python -m local.sandbox_blocks SANDBOX_URL`: register the block types and save both blocks named `sandbox`."""

import sys

from pydantic import SecretStr

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.huggingface import ENDPOINT
from sandbox import settings

NAME = "sandbox"


def save(sandbox_url: str) -> None:
    """Save the blocks with the sandbox's well-known development values; those of an earlier start are replaced."""
    CloudRuCredentials(
        key_id=settings.KEY_ID,
        key_secret=SecretStr(settings.KEY_SECRET),
        project_id=settings.PROJECT_ID,
        endpoints=Endpoints.under(sandbox_url),
    ).save(NAME, overwrite=True)
    HuggingFaceCredentials(
        token=SecretStr(settings.HUGGING_FACE_TOKEN),
        endpoint=f"{sandbox_url}/{ENDPOINT.removeprefix('https://')}",
    ).save(NAME, overwrite=True)


if __name__ == "__main__":
    save(sys.argv[1])
