"""Ask a knowledge base: chunks with their files, and the LLM's answer. The answer to the probe is the proof."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import ReadyRun
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from clouds.cloudru.specs import FoundationModelSpec, RetrievalSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase
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
from domain.in_service import Build
from domain.keys import StackKey
from domain.probe import ProbeSpec, spelled
from domain.same_text import has_phrase, is_meant
from tasks.run.events import version_refused
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, step

QUOTED_CHARACTERS = 300
"""So much of a wrong answer is quoted in the error."""
NEXT_STEP = "correct the documents, or the probe among the stack's parameters, and run again"

QueryModel = ModelRun | FoundationModelSpec
"""A reranker or LLM as a query names it."""


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


@step("verify", **LOOK_FIRST)
def verify(
    cloudru: CloudRuCredentials,
    index: IndexedKnowledgeBase,
    reranker: ReadyRun | FoundationModelSpec,
    llm: ReadyRun | FoundationModelSpec,
    probe: ProbeSpec,
    retrieval: RetrievalSpec,
    stack: StackKey,
) -> Answer:
    """Retrieve, rerank, generate; raise WrongAnswerError unless the expected source and phrase came back."""
    answer = ask(
        cloudru,
        index.knowledge_base,
        index.version.knowledgebase_version_id,
        probe.question,
        reranker=reranker.run if isinstance(reranker, ReadyRun) else reranker,
        llm=llm.run if isinstance(llm, ReadyRun) else llm,
        retrieval=retrieval,
    )
    try:
        judge(answer, probe)
    except WrongAnswerError as error:
        serving, version_id = in_service(stack), index.version.knowledgebase_version_id
        serves = serving is not None and serving.judged == Build.of(index.version)
        version_refused(stack, version_id, error.message, NEXT_STEP, serves=serves)
        raise
    return answer


def ask(
    cloudru: CloudRuCredentials,
    base: KnowledgeBase,
    version_id: str,
    question: str,
    *,
    reranker: QueryModel,
    llm: QueryModel,
    retrieval: RetrievalSpec,
) -> Answer:
    """Return the version's answer.

    The sources are read from `retrieve`, because chunks of `retrieve_generate` carry less metadata.
    """
    search = cloudru.get_client().search
    request = retrieve_request(question, version_id, retrieval, reranker, retrieval.reranked_results)
    found = search.retrieve(base, request)
    answered = search.retrieve_generate(base, generate_request(request, llm, retrieval))
    return Answer(
        question=question,
        answer=html.unescape(answered.llm_answer),
        chunks=tuple(found.results),
        chunk_sources=sources_of(found.results, cloudru),
    )


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


def sources_of(chunks: Sequence[Chunk], cloudru: CloudRuCredentials) -> tuple[str, ...]:
    """Return the file of each chunk."""
    keys = cloudru.assumptions.knowledge.chunk_source_keys
    return tuple(source_of(chunk, keys) for chunk in chunks)


def _excerpt(answer: str) -> str:
    one_line = " ".join(answer.split())
    return one_line if len(one_line) <= QUOTED_CHARACTERS else one_line[:QUOTED_CHARACTERS] + "…"


def _model(model: QueryModel) -> dict[str, Any]:
    """Return how a query names a model: by run id, or by its name in Foundation Models."""
    if isinstance(model, FoundationModelSpec):
        return {"model_source": ModelSource.FOUNDATION_MODELS, "model_name": model.model}
    return {"model_source": ModelSource.ML_INFERENCE, "model_run_id": model.model_run_id}
