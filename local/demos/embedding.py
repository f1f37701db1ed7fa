"""One text embedded by the sandbox as Yandex AI Studio does, over plain HTTP: a client takes a second to import."""

from http import HTTPStatus

import httpx

from local.errors import LocalError
from sandbox.settings import YANDEX_API_KEY

PATH = "/llm.api.cloud.yandex.net/foundationModels/v1/textEmbedding"


def embed(sandbox_url: str, model_uri: str, text: str) -> list[float]:
    """Return the vector.

    Raises:
        LocalError: the model does not embed; says what was answered.

    """
    reply = httpx.post(
        sandbox_url + PATH,
        json={"modelUri": model_uri, "text": text},
        headers={"Authorization": f"Api-Key {YANDEX_API_KEY}"},
        timeout=60,
        trust_env=False,
    )
    if reply.status_code != HTTPStatus.OK:
        raise LocalError(f"{model_uri} does not embed: {reply.status_code} {reply.text}")
    return [float(value) for value in reply.json()["embedding"]]
