"""The Search API v2 of a knowledge base: embed the query, find, rerank, generate, each by calling the model.

Choices where the vendor's behaviour is UNKNOWN: a model that does not answer makes the search answer 503.
"""

import html
from dataclasses import replace
from typing import Any

from clouds.cloudru.wire.search import (
    Chunk,
    GeneratedResponse,
    GenerationConfiguration,
    ModelSource,
    RerankingConfiguration,
    RetrieveGenerateRequest,
    RetrieveRequest,
    SearchResponse,
)
from sandbox.cloudru.knowledge_state import StoredKnowledgeBase
from sandbox.cloudru.model_calls import Model, ModelCallError
from sandbox.cloudru.rules.embedder import model_of
from sandbox.cloudru.rules.iam import Iam
from sandbox.cloudru.rules.knowledge import Knowledge
from sandbox.cloudru.rules.served_model import FOUNDATION_MODELS
from sandbox.engines.index import DimensionError, Hit
from sandbox.engines.prompt import Passage, build_prompt
from sandbox.errors import GrpcCode, RpcError

MAX_RESULTS = 100
SEMANTIC = "SEMANTIC"
OWN_FIELDS = frozenset({"messages", "model", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls"})
"""What `additional_model_request_fields` must not hold (CONFIRMED)."""


class Search:
    """The rules."""

    def __init__(self, iam: Iam, knowledge: Knowledge) -> None:
        self._iam, self._knowledge = iam, knowledge

    def authorise(self, knowledge_base_id: str, authorization: str | None) -> StoredKnowledgeBase:
        """Return the knowledge base that may be asked; with authentication on, only with a token of its project."""
        base = self._knowledge.searchable(knowledge_base_id)
        authentication = base.configuration.auth_configuration
        if authentication.forward_auth or authentication.api_key:
            self._iam.authorise(self._iam.authenticate(authorization), base.project_id)
        return base

    def retrieve(self, base: StoredKnowledgeBase, request: RetrieveRequest) -> SearchResponse:
        """Return the best chunks with all of their metadata."""
        hits = self._find(base, request)
        return SearchResponse(results=[_chunk(hit) for hit in hits], request_id=request.request_id)

    def retrieve_generate(self, base: StoredKnowledgeBase, request: RetrieveGenerateRequest) -> GeneratedResponse:
        """Return an answer and the chunks that it may rest on: escaped, and with the source only.

        That is what users of the service report of this call.
        """
        generation = request.generation_configuration
        model = _model(generation, "generation_configuration")
        parameters = _parameters(generation)
        hits = self._find(base, request)
        shown = hits[: generation.number_of_chunks_in_context]
        passages = [Passage(hit.entry.text, hit.entry.metadata["file_name"]) for hit in shown]
        turns = build_prompt(request.query, passages, generation.system_prompt)
        try:
            answer, reasoning = self._knowledge.models.chat(model, turns, parameters)
        except ModelCallError as error:
            raise _unavailable("generation", error) from error
        return GeneratedResponse(
            results=[_lean_chunk(hit) for hit in hits],
            llm_answer=answer,
            reasoning_content=reasoning,
            request_id=request.request_id,
        )

    def _find(self, base: StoredKnowledgeBase, request: RetrieveRequest) -> list[Hit]:
        retrieval, reranking = request.retrieval_configuration, request.reranking_configuration
        _check(request)
        knowledge = self._knowledge
        version = knowledge.answering(base, request.knowledge_base_version)
        embedder = model_of(version.configuration.embedder_configuration)
        hybrid = base.configuration.database_configuration.support_hybrid_search
        try:
            (vector,) = knowledge.models.embed(embedder, [request.query])
            hits = knowledge.index.search(
                version.table, vector, retrieval.number_of_results, request.query if hybrid else None
            )
        except ModelCallError as error:
            raise _unavailable("embedding of the query", error) from error
        except DimensionError as error:
            raise RpcError(GrpcCode.FAILED_PRECONDITION, str(error)) from error
        return self._reranked(reranking, request.query, hits) if reranking and hits else hits

    def _reranked(self, reranking: RerankingConfiguration, query: str, hits: list[Hit]) -> list[Hit]:
        model, count = _model(reranking, "reranking_configuration"), reranking.number_of_reranked_results
        try:
            best = self._knowledge.models.rerank(model, query, [hit.entry.text for hit in hits], count)
        except ModelCallError as error:
            raise _unavailable("reranking", error) from error
        return [replace(hits[position], score=score) for position, score in best]


def _check(request: RetrieveRequest) -> None:
    retrieval, reranking = request.retrieval_configuration, request.reranking_configuration
    if not request.query.strip():
        raise _invalid("query is empty")
    if retrieval.number_of_results > MAX_RESULTS:
        raise _invalid(f"number_of_results {retrieval.number_of_results} is above {MAX_RESULTS}")
    if retrieval.retrieval_type != SEMANTIC:
        raise _invalid(f"retrieval_type {retrieval.retrieval_type!r}: only {SEMANTIC} is known")
    if reranking is None:
        return
    _model(reranking, "reranking_configuration")
    if reranking.number_of_reranked_results > retrieval.number_of_results:
        raise _invalid(
            f"number_of_reranked_results {reranking.number_of_reranked_results} is above "
            f"number_of_results {retrieval.number_of_results}"
        )


def _model(configuration: RerankingConfiguration | GenerationConfiguration, name: str) -> Model:
    if configuration.model_source == ModelSource.ML_INFERENCE and configuration.model_run_id:
        return Model(run_id=configuration.model_run_id)
    if configuration.model_source == ModelSource.FOUNDATION_MODELS and configuration.model_name:
        if configuration.model_name not in FOUNDATION_MODELS:
            raise RpcError(GrpcCode.NOT_FOUND, f"{name}: The model `{configuration.model_name}` does not exist.")
        return Model(foundation_model=configuration.model_name)
    raise _invalid(
        f"{name}: name a model_run_id with {ModelSource.ML_INFERENCE} or a model_name with "
        f"{ModelSource.FOUNDATION_MODELS}"
    )


def _parameters(generation: GenerationConfiguration) -> dict[str, Any]:
    refused = sorted(OWN_FIELDS & generation.additional_model_request_fields.keys())
    if refused:
        raise _invalid(f"additional_model_request_fields must not hold {', '.join(refused)}")
    return {
        "temperature": generation.temperature,
        "top_p": generation.top_p,
        "max_completion_tokens": generation.max_completion_tokens,
        **generation.additional_model_request_fields,
    }


def _chunk(hit: Hit) -> Chunk:
    entry = hit.entry
    return Chunk(id=entry.id, content=entry.text, metadata=entry.metadata, created_at=entry.created_at, score=hit.score)


def _lean_chunk(hit: Hit) -> Chunk:
    chunk = _chunk(hit)
    lean = {"content": html.escape(chunk.content), "metadata": {"source": hit.entry.metadata["source"]}}
    return chunk.model_copy(update=lean)


def _unavailable(step: str, error: ModelCallError) -> RpcError:
    return RpcError(GrpcCode.UNAVAILABLE, f"{step} failed: {error}")


def _invalid(message: str) -> RpcError:
    return RpcError(GrpcCode.INVALID_ARGUMENT, message)
