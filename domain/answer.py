"""The question that a knowledge base is asked, and what its answer must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clouds.cloudru.specs import FoundationModelSpec, RetrievalSpec
from clouds.cloudru.wire.search import (
    Chunk,
    GenerationConfiguration,
    ModelSource,
    RerankingConfiguration,
    RetrievalConfiguration,
    RetrieveGenerateRequest,
    RetrieveRequest,
)
from clouds.errors import WrongAnswerError
from domain.citation import quoted_sources
from domain.models import QueryModel
from domain.probe import ProbeSpec, spelled
from domain.same_text import has_phrase, is_meant

QUOTED_CHARACTERS = 300
"""So much of a wrong answer is quoted in the error."""


@dataclass(frozen=True)
class Answer:
    """What came back; `chunks` as the reranker ordered them, `chunk_sources` the file of each."""

    question: str
    answer: str
    chunks: tuple[Chunk, ...]
    chunk_sources: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the files, best first, each once."""
        return tuple(dict.fromkeys(self.chunk_sources))

    @property
    def quoted(self) -> tuple[str, ...]:
        """Return those of the files that the answer names or repeats."""
        texts = (chunk.content for chunk in self.chunks)
        return quoted_sources(self.answer, zip(self.chunk_sources, texts, strict=True))


def retrieve_request(
    question: str, version_id: str, retrieval: RetrievalSpec, reranker: QueryModel | None, reranked_results: int
) -> RetrieveRequest:
    """Return a query for `retrieval.results` chunks, of which a reranker keeps the best `reranked_results`."""
    reranking = (
        RerankingConfiguration(**_model(reranker), number_of_reranked_results=reranked_results) if reranker else None
    )
    return RetrieveRequest(
        query=question,
        knowledge_base_version=version_id,
        retrieval_configuration=RetrievalConfiguration(number_of_results=retrieval.results),
        reranking_configuration=reranking,
    )


def generate_request(request: RetrieveRequest, llm: QueryModel, retrieval: RetrievalSpec) -> RetrieveGenerateRequest:
    """Return the same query with the LLM that answers from its best chunks."""
    return RetrieveGenerateRequest(
        **request.model_dump(),
        generation_configuration=GenerationConfiguration(
            **_model(llm),
            number_of_chunks_in_context=retrieval.chunks_in_context,
            system_prompt=retrieval.system_prompt,
            temperature=retrieval.temperature,
            max_completion_tokens=retrieval.max_completion_tokens,
        ),
    )


def judge(answer: Answer, probe: ProbeSpec) -> None:
    """Raise WrongAnswerError, which says what came back instead, when source or phrase is missing."""
    came_back = ", ".join(answer.sources) or "no chunk at all"
    if not any(is_meant(probe.source, source) for source in answer.sources):
        cut = any(is_meant(source, probe.source) for source in answer.sources)
        raise WrongAnswerError(
            f"the probe {probe.question!r} brought no chunk of {probe.source}; came back: {came_back}. "
            + (
                "The service names less of the path than the probe does: give the probe's source as it came back"
                if cut
                else "Check that the probe fits the documents and that the folder holds them"
            )
        )
    if not has_phrase(answer.answer, probe.phrase):
        raise WrongAnswerError(
            f"the answer to the probe {probe.question!r} lacks the phrase {spelled(probe.phrase)}; came back: "
            f"{_excerpt(answer.answer)!r}, from {came_back}. Check the phrase, the system prompt and the LLM"
        )


def source_of(chunk: Chunk, keys: Sequence[str]) -> str:
    """Return the file that a chunk came from, by the first metadata key that tells it."""
    return next((str(chunk.metadata[key]) for key in keys if chunk.metadata.get(key)), "a file that is not named")


def _excerpt(answer: str) -> str:
    one_line = " ".join(answer.split())
    return one_line if len(one_line) <= QUOTED_CHARACTERS else one_line[:QUOTED_CHARACTERS] + "…"


def _model(model: QueryModel) -> dict[str, Any]:
    """Return how a query names a model: by run id, or by its name in Foundation Models."""
    if isinstance(model, FoundationModelSpec):
        return {"model_source": ModelSource.FOUNDATION_MODELS, "model_name": model.model}
    return {"model_source": ModelSource.ML_INFERENCE, "model_run_id": model.model_run_id}
