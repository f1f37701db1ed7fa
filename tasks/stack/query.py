"""Ask a knowledge base: chunks with their files, and the LLM's answer. The answer to the probe is the proof."""

import html
from collections.abc import Sequence

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from clouds.cloudru.specs import RetrievalSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.cloudru.wire.search import (
    Chunk,
)
from clouds.errors import WrongAnswerError
from domain.answer import Answer, generate_request, judge, retrieve_request, source_of
from domain.in_service import Build
from domain.keys import StackKey
from domain.models import QueryModel, ReadyModel, queried
from domain.probe import ProbeSpec
from tasks.run.events import version_refused
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, step

NEXT_STEP = "correct the documents, or the probe among the stack's parameters, and run again"


@step("verify", **LOOK_FIRST)
def verify(
    cloudru: CloudRuCredentials,
    index: IndexedKnowledgeBase,
    reranker: ReadyModel,
    llm: ReadyModel,
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
        reranker=queried(reranker),
        llm=queried(llm),
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


def sources_of(chunks: Sequence[Chunk], cloudru: CloudRuCredentials) -> tuple[str, ...]:
    """Return the file of each chunk."""
    keys = cloudru.assumptions.knowledge.chunk_source_keys
    return tuple(source_of(chunk, keys) for chunk in chunks)
