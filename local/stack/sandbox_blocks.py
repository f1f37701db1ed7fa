"""`python -m local.stack.sandbox_blocks SANDBOX_URL`: register the block types, save those that lead to the sandbox."""

import json
import sys

import httpx
from pydantic import SecretStr

from blocks.cloudru import CloudRuConnection, CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudConnection, YandexCloudCredentials
from clouds.cloudru.assumptions import Assumptions, InferenceAssumptions, KnowledgeAssumptions
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.huggingface import ENDPOINT
from clouds.yandex.wire.endpoints import Endpoints as YandexEndpoints
from sandbox import settings

NAME = "sandbox"
YANDEX_NAME = "yandex-sandbox"


def save(sandbox_url: str) -> None:
    """Save the blocks with the sandbox's well-known development values; those of an earlier start are replaced."""
    connection = CloudRuConnection(
        endpoints=Endpoints.under(sandbox_url),
        assumptions=Assumptions(
            inference=InferenceAssumptions(embedder_uris=True), knowledge=KnowledgeAssumptions(console_chat_url="")
        ),
    )
    connection.save(NAME, overwrite=True)
    CloudRuCredentials(
        key_id=settings.KEY_ID,
        key_secret=SecretStr(settings.KEY_SECRET),
        project_id=settings.PROJECT_ID,
        connection=connection,
    ).save(NAME, overwrite=True)
    HuggingFaceCredentials(
        token=SecretStr(settings.HUGGING_FACE_TOKEN),
        endpoint=f"{sandbox_url}/{ENDPOINT.removeprefix('https://')}",
    ).save(NAME, overwrite=True)
    with httpx.Client(base_url=f"{sandbox_url}/_sandbox", trust_env=False) as control:
        health, key = (control.get(path).raise_for_status().json() for path in ("/health", "/yandex/authorized-key"))
    yandex = YandexCloudConnection(endpoints=YandexEndpoints.local(health["grpc"], sandbox_url))
    yandex.save(YANDEX_NAME, overwrite=True)
    YandexCloudCredentials(
        folder_id=settings.YANDEX_FOLDER_ID, authorized_key=SecretStr(json.dumps(key)), connection=yandex
    ).save(YANDEX_NAME, overwrite=True)


if __name__ == "__main__":
    save(sys.argv[1])
