"""Search API v2 of a knowledge base. Source: docs/cloudru-api.md, Managed RAG."""

from typing import TypeVar
from uuid import uuid4

from clouds.cloudru.address import search_url
from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.knowledge import KnowledgeBase
from clouds.cloudru.wire.search import GeneratedResponse, RetrieveGenerateRequest, RetrieveRequest, SearchResponse
from clouds.redaction import held_masked, masked_within

Answer = TypeVar("Answer", bound=SearchResponse)
TIMEOUT_S = 120.0
"""The official client's. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


class Search:
    """Questions to knowledge bases. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def retrieve(self, knowledge_base: KnowledgeBase, request: RetrieveRequest) -> SearchResponse:
        """Return the chunks nearest to the question, best first, scores 0 to 1."""
        return self._ask(SearchResponse, knowledge_base, "retrieve", request)

    def retrieve_generate(self, knowledge_base: KnowledgeBase, request: RetrieveGenerateRequest) -> GeneratedResponse:
        """Return chunks and the LLM's answer in `llm_answer`."""
        return self._ask(GeneratedResponse, knowledge_base, "retrieve_generate", request)

    def _ask(self, answer: type[Answer], knowledge_base: KnowledgeBase, call: str, request: RetrieveRequest) -> Answer:
        """Send a question; it only reads, so a lost reply, 502, 503 or 504 is answered by asking again.

        What is answered goes onto pages and into results: it is without the secrets that clients of this process hold.
        """
        published = knowledge_base.search_api.url
        base = search_url(self._connection.endpoints, knowledge_base.knowledgebase_id, published)
        identified = request if request.request_id else request.model_copy(update={"request_id": str(uuid4())})
        answered = self._connection.transport.ask(
            answer,
            "POST",
            f"{base}/api/v2/{call}",
            json=identified.to_wire(),
            repeatable=True,
            timeout_s=TIMEOUT_S,
        )
        return answer.model_validate(masked_within(answered.model_dump(), held_masked))
