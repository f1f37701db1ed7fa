"""Ask a knowledge base: chunks with their files, and the LLM's answer. The answer to the probe is the proof."""

import html
from collections.abc import Sequence

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import IndexedKnowledgeBase
from clouds.cloudru.wire.search import Chunk
from clouds.errors import WrongAnswerError
from domain.answer import Answer, generate_request, judge, retrieve_request, source_of
from domain.asked_version import AskedVersion
from domain.in_service import AskedWith, Build
from domain.models import ReadyModel, queried
from domain.stack import RagStack
from tasks.run.events import version_refused
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, step

NEXT_STEP = "correct the documents, or the probe among the stack's parameters, and run again"


@step("verify", **LOOK_FIRST)
def verify(
    cloudru: CloudRuCredentials, stack: RagStack, index: IndexedKnowledgeBase, reranker: ReadyModel, llm: ReadyModel
) -> Answer:
    """Retrieve, rerank, generate; raise WrongAnswerError unless the expected source and phrase came back."""
    asked = built_version(cloudru, stack, index, reranker, llm)
    answer = ask(cloudru, asked, stack.probe.question)
    try:
        judge(answer, stack.probe)
    except WrongAnswerError as error:
        serving = in_service(asked.stack)
        serves = serving is not None and serving.judged == Build.of(index.version)
        version_refused(asked.stack, asked.version_id, error.message, NEXT_STEP, serves=serves)
        raise
    return answer


def built_version(
    cloudru: CloudRuCredentials, stack: RagStack, index: IndexedKnowledgeBase, reranker: ReadyModel, llm: ReadyModel
) -> AskedVersion:
    """Return what this run has built or found, asked as the stack wants."""
    return AskedVersion(
        stack.key(cloudru.project_id),
        index.knowledge_base,
        index.version.knowledgebase_version_id,
        "built by this run",
        AskedWith.of(stack),
        queried(reranker),
        queried(llm),
    )


def ask(cloudru: CloudRuCredentials, asked: AskedVersion, question: str) -> Answer:
    """Return the version's answer.

    The sources are read from `retrieve`, because chunks of `retrieve_generate` carry less metadata.
    """
    search, retrieval = cloudru.get_client().search, asked.retrieval
    request = retrieve_request(question, asked.version_id, retrieval, asked.reranker, retrieval.reranked_results)
    found = search.retrieve(asked.base, request)
    answered = search.retrieve_generate(asked.base, generate_request(request, asked.llm, retrieval))
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
