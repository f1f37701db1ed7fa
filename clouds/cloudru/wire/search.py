"""Search API v2 of a knowledge base. Source: docs/cloudru-api.md, CONFIRMED."""

from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from clouds.cloudru.wire.base import SnakeWire

LATEST = "latest"
"""`knowledge_base_version` of the last active version."""


class ModelSource(StrEnum):
    """Where the reranker or LLM of a query runs."""

    FOUNDATION_MODELS = "FOUNDATION_MODELS"
    ML_INFERENCE = "ML_INFERENCE"


class RetrievalConfiguration(SnakeWire):
    """How many chunks; SEMANTIC is the only type now."""

    number_of_results: int = Field(default=3, ge=1)
    retrieval_type: str = "SEMANTIC"


class RerankingConfiguration(SnakeWire):
    """`model_name` for FOUNDATION_MODELS, `model_run_id` for ML_INFERENCE; at most `number_of_results`."""

    model_source: str
    model_name: str | None = None
    model_run_id: str | None = None
    number_of_reranked_results: int = Field(default=3, ge=1)


class GenerationConfiguration(SnakeWire):
    """The LLM of the answer; `additional_model_request_fields` takes any chat parameter but messages, model, tools."""

    model_source: str
    model_name: str | None = None
    model_run_id: str | None = None
    number_of_chunks_in_context: int = Field(default=3, ge=1)
    system_prompt: str = ""
    temperature: float = 1.0
    top_p: float = 1.0
    max_completion_tokens: int = 100
    additional_model_request_fields: dict[str, Any] = {}


class RetrieveRequest(SnakeWire):
    """`POST {search}/api/v2/retrieve`."""

    query: str
    knowledge_base_version: str = LATEST
    retrieval_configuration: RetrievalConfiguration = RetrievalConfiguration()
    reranking_configuration: RerankingConfiguration | None = None
    request_id: str = Field(default="", validation_alias=AliasChoices("request_id", "requestId"))


class RetrieveGenerateRequest(RetrieveRequest):
    """`POST {search}/api/v2/retrieve_generate`; the specification spells two keys in camelCase, both are accepted."""

    generation_configuration: GenerationConfiguration = Field(
        validation_alias=AliasChoices("generation_configuration", "generationConfiguration"),
        serialization_alias="generationConfiguration",
    )
    request_id: str = Field(
        default="",
        validation_alias=AliasChoices("request_id", "requestId"),
        serialization_alias="requestId",
    )


class Chunk(SnakeWire):
    """A retrieved passage; score 0 to 1; keys of `metadata` for txt files are UNKNOWN."""

    content: str
    id: str = ""
    metadata: dict[str, Any] = {}
    created_at: str = ""
    score: float = 0.0


class SearchResponse(SnakeWire):
    """Answer of both calls; `llm_answer` is empty for retrieve."""

    results: list[Chunk]
    llm_answer: str = ""
    reasoning_content: str = ""
    request_id: str = ""


class GeneratedResponse(SearchResponse):
    """Answer of retrieve_generate, which holds the answer to the question."""

    llm_answer: str  # pyright: ignore[reportGeneralTypeIssues]  # required here
