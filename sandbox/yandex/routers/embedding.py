"""llm.api.cloud.yandex.net and ai.api.cloud.yandex.net: textEmbedding; /v1/embeddings and /v1/models, OpenAI's way."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field

from sandbox.yandex.hosts import AI, LLM
from sandbox.yandex.routers.caller import YandexDep, authenticate, may_use_models

router = APIRouter(dependencies=[Depends(authenticate), Depends(may_use_models)])
HOSTS = (LLM, AI)


class EmbeddingsRequest(BaseModel):
    """One text or several, as OpenAI's API has it. Source: docs/yandex-api.md, Embeddings."""

    input: str | list[str]
    model: str
    encoding_format: Literal["float"] = "float"
    dimensions: int | None = Field(default=None, ge=1)


def text_embedding(
    model_uri: Annotated[str, Body(alias="modelUri")],
    text: Annotated[str, Body()],
    yandex: YandexDep,
    dim: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Embed a text; an int64 is a string."""
    answer = yandex.embeddings.embed(model_uri, text, dim)
    return {
        "embedding": list(answer.embedding),
        "numTokens": str(answer.num_tokens),
        "modelVersion": answer.model_version,
    }


def embeddings(asked: EmbeddingsRequest, yandex: YandexDep) -> dict[str, Any]:
    """Embed texts, OpenAI's way."""
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    answers = yandex.embeddings.embed_all(asked.model, texts, asked.dimensions)
    tokens = sum(answer.num_tokens for answer in answers)
    return {
        "object": "list",
        "model": asked.model,
        "data": [
            {"object": "embedding", "index": index, "embedding": list(answer.embedding)}
            for index, answer in enumerate(answers)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def models(yandex: YandexDep) -> dict[str, Any]:
    """List the embedders of the folder, OpenAI's way; the time of their creation is 0, as recorded."""
    uris = yandex.embeddings.uris()
    return {
        "object": "list",
        "data": [{"id": uri, "object": "model", "owned_by": "Yandex", "created": 0} for uri in uris],
    }


for host in HOSTS:
    router.add_api_route(f"/{host}/foundationModels/v1/textEmbedding", text_embedding, methods=["POST"])
    router.add_api_route(f"/{host}/v1/models", models, methods=["GET"])
    router.add_api_route(f"/{host}/v1/embeddings", embeddings, methods=["POST"])
