"""A version as questions are put to it, and the version in service."""

from dataclasses import dataclass
from hashlib import sha256

from clouds.cloudru.specs import RetrievalSpec
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from domain.answer import generate_request, retrieve_request
from domain.in_service import AskedWith, InService
from domain.keys import StackKey
from domain.models import QueryModel


@dataclass(frozen=True)
class AskedVersion:
    """A version that can be asked, and what it is asked with; `choice` says in words why it is this one.

    `reranker` and `llm` are those of `asked_with` as a query names them.
    """

    stack: StackKey
    base: KnowledgeBase
    version_id: str
    choice: str
    asked_with: AskedWith
    reranker: QueryModel
    llm: QueryModel

    @property
    def stack_name(self) -> str:
        """Return the stack's name, for reading."""
        return self.stack.name

    @property
    def retrieval(self) -> RetrievalSpec:
        """Return how it is searched and answered."""
        return self.asked_with.retrieval


@dataclass(frozen=True)
class Served:
    """What is in service, its knowledge base, and the versions of that, newest first."""

    promoted: InService
    base: KnowledgeBase
    versions: tuple[KnowledgeBaseVersion, ...]


def asked_digest(asked: AskedVersion) -> str:
    """Return the SHA-256 of all that a query says but question and version: models, prompt, and how many chunks."""
    retrieval = asked.retrieval
    request = retrieve_request("", "", retrieval, asked.reranker, retrieval.reranked_results)
    return sha256(generate_request(request, asked.llm, retrieval).model_dump_json().encode()).hexdigest()
