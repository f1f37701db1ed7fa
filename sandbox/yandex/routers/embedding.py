"""llm.api.cloud.yandex.net and ai.api.cloud.yandex.net: textEmbedding and the OpenAI-compatible /v1/embeddings."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from sandbox.cloudru.routers.caller import ServicesDep
from sandbox.yandex.hosts import AI, LLM
from sandbox.yandex.routers.caller import ModelUserDep

router = APIRouter()
HOSTS = (LLM, AI)


class EmbeddingsRequest(BaseModel):
    """One text, as OpenAI's API has it. Source: docs/yandex-api.md, Embeddings."""

    input: str
    model: str
    encoding_format: Literal["float"]
    dimensions: int | None = Field(default=None, ge=1)


def text_embedding(
    model_uri: Annotated[str, Body(alias="modelUri")],
    text: Annotated[str, Body()],
    caller: ModelUserDep,  # noqa: ARG001  checked
    services: ServicesDep,
    dim: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Embed a text; an int64 is a string."""
    answer = services.yandex.embeddings.embed(model_uri, text, dim)
    return {
        "embedding": list(answer.embedding),
        "numTokens": str(answer.num_tokens),
        "modelVersion": answer.model_version,
    }


def embeddings(asked: EmbeddingsRequest, caller: ModelUserDep, services: ServicesDep) -> dict[str, Any]:  # noqa: ARG001  checked
    """Embed a text, OpenAI's way."""
    answer = services.yandex.embeddings.embed(asked.model, asked.input, asked.dimensions)
    return {
        "object": "list",
        "model": asked.model,
        "data": [{"object": "embedding", "index": 0, "embedding": list(answer.embedding)}],
        "usage": {"prompt_tokens": answer.num_tokens, "total_tokens": answer.num_tokens},
    }


for host in HOSTS:
    router.add_api_route(f"/{host}/foundationModels/v1/textEmbedding", text_embedding, methods=["POST"])
    router.add_api_route(f"/{host}/v1/embeddings", embeddings, methods=["POST"])
