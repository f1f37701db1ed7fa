"""Managed RAG: knowledge bases and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion
from clouds.polling import OnLook


@dataclass(frozen=True)
class EnsuredKnowledgeBase:
    """A knowledge base that exists now; `updated` means a reindex was started. `differences` that were left, in words."""

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion
    action: Action
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexedKnowledgeBase:
    """A knowledge base that can be asked."""

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion


class KnowledgeBases:
    """The knowledge bases of a project. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection

    def list(self) -> list[KnowledgeBase]:
        """Every knowledge base of the project."""
        raise NotImplementedError

    def get(self, knowledge_base_id: str) -> KnowledgeBase:
        """One of them."""
        raise NotImplementedError

    def find(self, name: str) -> KnowledgeBase | None:
        """The one of that name that is not being deleted."""
        raise NotImplementedError

    def delete(self, knowledge_base_id: str) -> None:
        """Delete; one that is not there is deleted."""
        raise NotImplementedError

    def versions(self, knowledge_base_id: str) -> Sequence[KnowledgeBaseVersion]:
        """Its versions, newest first."""
        raise NotImplementedError

    def reindex(self, knowledge_base_id: str, version_id: str) -> KnowledgeBaseVersion:
        """Read the documents again."""
        raise NotImplementedError

    def ensure(
        self,
        spec: KnowledgeBaseSpec,
        *,
        bucket: str,
        folder: str,
        embedder: ModelRun | FoundationModelSpec,
        log_group_id: str,
        documents_modified_at: datetime | None,
    ) -> EnsuredKnowledgeBase:
        """Adopt the knowledge base of that name, reindex it when a document is newer, or create it."""
        raise NotImplementedError

    def wait_indexed(
        self, knowledge_base_id: str, version_id: str, *, deadline_s: float, on_look: OnLook | None = None
    ) -> IndexedKnowledgeBase:
        """Wait for base ACTIVE, version SUCCEEDED and search API up; `on_look(what was seen, elapsed_s)`."""
        raise NotImplementedError
