"""Managed RAG: knowledge bases and their versions. Source: docs/cloudru-api.md, Managed RAG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.knowledge_body import create_body
from clouds.cloudru.knowledge_differences import identity_differences, other_differences
from clouds.cloudru.knowledge_wait import IndexedKnowledgeBase, wait_indexed
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import (
    CreatedKnowledgeBase,
    KnowledgeBase,
    KnowledgeBaseVersion,
    ListKnowledgeBasesResponse,
    ListVersionsResponse,
    ReindexRequest,
    VersionStatus,
)
from clouds.errors import ConfigurationError, ConflictError, DeadlineError, NotFoundError
from clouds.polling import OnLook
from clouds.transport import create_or_find

__all__ = ["EnsuredKnowledgeBase", "IndexedKnowledgeBase", "KnowledgeBases"]

Page = TypeVar("Page", ListKnowledgeBasesResponse, ListVersionsResponse)
PAGE_SIZE = 100
CREATE_TIMEOUT_S = 60.0
"""The official client's. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""
BROKEN = frozenset({VersionStatus.FAILED, VersionStatus.CANCELLED})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class EnsuredKnowledgeBase:
    """A knowledge base that exists now; `updated`: a reindex was begun. `differences` that were left, in words."""

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion
    action: Action
    differences: tuple[str, ...] = ()


class KnowledgeBases:
    """The knowledge bases of a project. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._project_id = connection.project_id
        self._base = f"{connection.endpoints.knowledge.rstrip('/')}/v1/knowledge-bases"

    def get(self, knowledge_base_id: str) -> KnowledgeBase:
        """Return one knowledge base."""
        params = {"project_id": self._project_id}
        return self._connection.transport.ask(KnowledgeBase, "GET", f"{self._base}/{knowledge_base_id}", params=params)

    def find(self, name: str) -> KnowledgeBase | None:
        """Return the newest knowledge base of that name that is not being deleted."""
        gone = self._connection.assumptions.knowledge.gone_statuses
        named = [base for base in self.list() if base.name == name and base.status not in gone]
        return max(named, key=lambda base: _moment(base.created_at), default=None)

    def delete(self, knowledge_base_id: str) -> None:
        """Delete it; one that is not there is deleted."""
        body = {"project_id": self._project_id}
        try:
            self._connection.transport.request("DELETE", f"{self._base}/{knowledge_base_id}", json=body)
        except NotFoundError:
            return

    def wait_gone(self, knowledge_base_id: str, *, deadline_s: float, on_look: OnLook | None = None) -> None:
        """Wait until it is not there (404); DeadlineError when it is not in time."""
        self._connection.wait_gone(
            lambda: self.get(knowledge_base_id),
            lambda _: False,
            subject="the deletion of a knowledge base",
            deadline_s=deadline_s,
            describe=lambda base: f"{base.name} {base.status.removeprefix('KNOWLEDGEBASE_')}",
            on_look=on_look,
        )

    def version(self, version_id: str) -> KnowledgeBaseVersion:
        """Return one version."""
        params = {"project_id": self._project_id}
        url = f"{self._base}/versions/{version_id}"
        return self._connection.transport.ask(KnowledgeBaseVersion, "GET", url, params=params)

    def versions(self, knowledge_base_id: str) -> Sequence[KnowledgeBaseVersion]:
        """Return the versions of a knowledge base, newest first."""
        found: list[KnowledgeBaseVersion] = []
        for page in self._pages(ListVersionsResponse, "/versions", {"knowledgebase_id": knowledge_base_id}):
            found.extend(page.data)
        return sorted(found, key=lambda version: _moment(version.created_at), reverse=True)

    def cancel(self, version_id: str) -> KnowledgeBaseVersion:
        """Stop the indexing of a version."""
        url = f"{self._base}/versions/{version_id}"
        body = {"project_id": self._project_id}
        return self._connection.transport.ask(KnowledgeBaseVersion, "POST", url, json=body, repeatable=True)

    def reindex(self, knowledge_base_id: str, version_id: str) -> KnowledgeBaseVersion:
        """Have the documents read again; return the version as it looks once that has begun.

        Whether the id stays is not published, so the returned version is the one to wait for. A reply may still show
        the state of before; a wait would take that for the end, so this returns only when the version has moved.
        """
        before = self.version(version_id)
        body = ReindexRequest(knowledgebaseId=knowledge_base_id, projectId=self._project_id)
        url = f"{self._base}/versions/{version_id}/reindex"
        accepted = self._connection.transport.ask(KnowledgeBaseVersion, "POST", url, json=body.to_wire())
        if _moved(before, accepted):
            return accepted
        try:
            return self._connection.wait_visible(
                lambda: self.version(accepted.knowledgebase_version_id),
                lambda seen: _moved(before, seen),
                subject=f"the reindex of version {version_id}",
            )
        except DeadlineError as error:
            raise DeadlineError(
                f"version {version_id} was told to reindex and has not begun: {error.message}", error.last_seen
            ) from error

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
        """Adopt the knowledge base of that name or create it; reindex it when a document is newer or it had failed.

        A version has read the documents as they were when its indexing began (`started_at`; `created_at` until then):
        one modified later must be read again, one uploaded while the version still waited has been read.

        Raises:
            ConflictError: the one of that name has another embedder, bucket or folder; says what differs.
            ConfigurationError: no log group.

        """
        if not log_group_id:
            raise ConfigurationError(
                f"{spec.name}: no log group. Without one the search API of a knowledge base never starts; "
                "set log_group_id, or leave it out in the spec and pass what log_groups.ensure returns."
            )
        body = create_body(
            spec,
            project_id=self._project_id,
            bucket=bucket,
            folder=folder,
            embedder=embedder,
            log_group_id=log_group_id,
            assumed=self._connection.assumptions.knowledge,
        )
        existing, action = self.find(spec.name), "adopted"
        if existing is None:
            existing, action = self._created(spec.name, body), "created"
        version = self._newest_version(existing.knowledgebase_id)
        differences = identity_differences(
            existing,
            version,
            bucket=bucket,
            folder=folder,
            embedder=embedder,
            assumed=self._connection.assumptions.knowledge,
        )
        if differences and action == "adopted":
            raise ConflictError(
                f"a knowledge base {spec.name} ({existing.knowledgebase_id}) is not what is wanted: "
                f"{'; '.join(differences)}. Choose another name, correct the parameters, or delete it.",
                409,
                "ALREADY_EXISTS",
            )
        if action == "created":
            return EnsuredKnowledgeBase(existing, version, "created")
        others = tuple(other_differences(spec, existing, version))
        read_at = _moment(version.started_at or version.created_at)
        if version.status in BROKEN or (documents_modified_at is not None and documents_modified_at > read_at):
            version = self.reindex(existing.knowledgebase_id, version.knowledgebase_version_id)
            return EnsuredKnowledgeBase(existing, version, "updated", others)
        return EnsuredKnowledgeBase(existing, version, "adopted", others)

    def wait_indexed(
        self, knowledge_base_id: str, version_id: str, *, deadline_s: float, on_look: OnLook | None = None
    ) -> IndexedKnowledgeBase:
        """Wait for base ACTIVE, version SUCCEEDED and search API up; `on_look(what was seen, seconds so far)`.

        Raises:
            FailedStateError: one of the three failed; says which and why, at once.
            DeadlineError: not in time; says what was last seen.

        """
        return wait_indexed(
            self._connection,
            lambda: IndexedKnowledgeBase(self.get(knowledge_base_id), self.version(version_id)),
            deadline_s=deadline_s,
            on_look=on_look,
        )

    def list(self) -> list[KnowledgeBase]:
        """Return every knowledge base of the project."""
        found: list[KnowledgeBase] = []
        for page in self._pages(ListKnowledgeBasesResponse, "", {}):
            found.extend(page.data)
        return found

    def _pages(self, kind: type[Page], path: str, params: dict[str, str]) -> Sequence[Page]:
        pages: list[Page] = []
        asked: dict[str, Any] = {"project_id": self._project_id, "page_size": PAGE_SIZE, **params}
        seen_tokens: set[str] = set()
        while True:
            page = self._connection.transport.ask(kind, "GET", f"{self._base}{path}", params=asked)
            pages.append(page)
            token = page.next_page_token
            if not token or token in seen_tokens:
                return pages
            seen_tokens.add(token)
            asked["page_token"] = token

    def _newest_version(self, knowledge_base_id: str) -> KnowledgeBaseVersion:
        return self._connection.wait_visible(
            lambda: self.versions(knowledge_base_id),
            lambda versions: len(versions) > 0,
            subject=f"the first version of knowledge base {knowledge_base_id}",
        )[0]

    def _created(self, name: str, body: dict[str, Any]) -> KnowledgeBase:
        def create() -> str:
            url = f"{self._connection.endpoints.knowledge_control.rstrip('/')}/api/v2/knowledge-bases"
            ask = self._connection.transport.ask
            return ask(CreatedKnowledgeBase, "POST", url, json=body, timeout_s=CREATE_TIMEOUT_S).knowledgebase_id

        def look() -> str | None:
            found = self.find(name)
            return found.knowledgebase_id if found else None

        knowledge_base_id = create_or_find(create, look, sleep=self._connection.sleep)
        return self._connection.wait_visible(
            lambda: self.get(knowledge_base_id), lambda _: True, subject=f"the new knowledge base {name}"
        )


def _moment(text: str) -> datetime:
    """Read an RFC 3339 time; a missing or unreadable one is long ago, so that documents count as newer."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moved(before: KnowledgeBaseVersion, seen: KnowledgeBaseVersion) -> bool:
    """Say whether indexing has begun again: another version, or another status or start than before."""
    if seen.knowledgebase_version_id != before.knowledgebase_version_id or seen.status != before.status:
        return True
    return (seen.started_at, seen.finished_at) != (before.started_at, before.finished_at)
