"""Managed RAG: knowledge bases and their versions. Source: docs/cloudru-api.md, Managed RAG."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clouds.about import check_about
from clouds.cloudru.action import Action
from clouds.cloudru.connection import Connection
from clouds.cloudru.knowledge.decision import decide, family, refusal, serving
from clouds.cloudru.knowledge.request import create_body, version_body
from clouds.cloudru.knowledge.source import IndexSource
from clouds.cloudru.knowledge.version import moment, moved
from clouds.cloudru.knowledge.wait import IndexedKnowledgeBase, is_indexed, named_states
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.cloudru.spellings import NOT_THERE
from clouds.cloudru.wire.knowledge import (
    CreatedKnowledgeBase,
    KnowledgeBase,
    KnowledgeBaseVersion,
    ListKnowledgeBasesResponse,
    ListVersionsResponse,
    ReindexRequest,
    VersionStatus,
)
from clouds.create_once import create_once, find_new
from clouds.errors import APIError, ConfigurationError, ConflictError, DeadlineError, NotFoundError
from clouds.pages import by_token
from clouds.polling import OnLook

Page = TypeVar("Page", ListKnowledgeBasesResponse, ListVersionsResponse)
PAGE_SIZE = 100
CREATE_TIMEOUT_S = 60.0
"""The official client's. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


@dataclass(frozen=True)
class EnsuredKnowledgeBase:
    """A knowledge base that exists now; `updated`: a reindex was begun. `differences` that were left, in words.

    `proven` is False where it was `created` by a call whose answer was lost: another client may have made it.
    """

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion
    action: Action
    differences: tuple[str, ...] = ()
    proven: bool = True


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
        url = f"{self._base}/{knowledge_base_id}"
        found = self._connection.transport.ask(KnowledgeBase, "GET", url, params=params)
        check_about(knowledge_base_id, found.knowledgebase_id, subject=f"GET {url}")
        return found

    def find(self, name: str) -> KnowledgeBase | None:
        """Return the live knowledge base of that name: while it is being replaced the old one, which serves."""
        found = self.family(name)
        return next((base for base in found if base.name == found[-1].name), None)

    def family(self, name: str) -> Sequence[KnowledgeBase]:
        """Return the live bases of that name and those that replace them (`name.r2`), latest replacement first."""
        return family(name, self.list(), self._connection.assumptions.knowledge)

    def delete(self, knowledge_base_id: str) -> None:
        """Delete it; one that is not there is deleted."""
        body = {"project_id": self._project_id}
        try:
            self._connection.transport.request("DELETE", f"{self._base}/{knowledge_base_id}", json=body)
        except NotFoundError:
            return

    def wait_gone(self, knowledge_base_id: str, *, deadline_s: float, on_look: OnLook[str] | None = None) -> None:
        """Wait until it is not there (404); DeadlineError when it is not in time."""
        self._connection.wait_gone(
            lambda: self.get(knowledge_base_id),
            subject="the deletion of a knowledge base",
            deadline_s=deadline_s,
            words=lambda base: f"{base.name} {base.status.removeprefix('KNOWLEDGEBASE_')}",
            on_look=on_look,
        )

    def get_version(self, version_id: str) -> KnowledgeBaseVersion:
        """Return one version."""
        params = {"project_id": self._project_id}
        url = f"{self._base}/versions/{version_id}"
        found = self._connection.transport.ask(KnowledgeBaseVersion, "GET", url, params=params)
        check_about(version_id, found.knowledgebase_version_id, subject=f"GET {url}")
        return found

    def list_versions(self, knowledge_base_id: str) -> Sequence[KnowledgeBaseVersion]:
        """Return the versions of a knowledge base, newest first."""
        found: list[KnowledgeBaseVersion] = []
        for page in self._pages(ListVersionsResponse, "/versions", {"knowledgebase_id": knowledge_base_id}):
            found.extend(page.data)
        for version in found:
            check_about(
                knowledge_base_id,
                version.knowledgebase_id,
                subject=f"version {version.knowledgebase_version_id} of the knowledge base {knowledge_base_id}",
            )
        return sorted(found, key=lambda version: moment(version.created_at), reverse=True)

    def cancel(self, version_id: str) -> KnowledgeBaseVersion:
        """Stop the indexing of a version."""
        url = f"{self._base}/versions/{version_id}"
        body = {"project_id": self._project_id}
        found = self._connection.transport.ask(KnowledgeBaseVersion, "POST", url, json=body, repeatable=True)
        check_about(version_id, found.knowledgebase_version_id, subject=f"POST {url}")
        return found

    def reindex(self, knowledge_base_id: str, version_id: str) -> KnowledgeBaseVersion:
        """Have the documents read again; return the version as it looks once that has begun.

        Whether the id stays is not published, so the returned version is the one to wait for. A reply may still show
        the state of before; a wait would take that for the end, so this returns only when the version has moved.
        """
        before = self.get_version(version_id)
        body = ReindexRequest(knowledgebaseId=knowledge_base_id, projectId=self._project_id)
        url = f"{self._base}/versions/{version_id}/reindex"
        subject = f"the reindex of version {version_id}"

        def begin() -> KnowledgeBaseVersion:
            return self._connection.transport.ask(KnowledgeBaseVersion, "POST", url, json=body.to_wire())

        def begun() -> KnowledgeBaseVersion | None:
            seen = self.get_version(version_id)
            return seen if moved(before, seen) else None

        accepted = create_once(self._connection, begin, begun, subject=subject)
        if moved(before, accepted):
            return accepted
        try:
            return self._connection.wait_visible(
                lambda: self.get_version(accepted.knowledgebase_version_id),
                lambda seen: moved(before, seen),
                subject=subject,
            )
        except DeadlineError as error:
            raise DeadlineError(
                f"version {version_id} was asked to reindex and has not begun: {error.message}", error.last_seen
            ) from error

    def create_version(
        self, knowledge_base_id: str, spec: KnowledgeBaseSpec, source: IndexSource
    ) -> KnowledgeBaseVersion:
        """Begin to index the documents as they are now, and return the version to wait for.

        Where the console's path for it is known, the version is another one, and those of before go on answering by
        their ids. Where it is not (404, 405, 501), or `assumptions.knowledge.new_version` says so, the newest version
        is reindexed instead. After a lost reply it is looked for before it is asked for again.
        """
        assumed = self._connection.assumptions.knowledge
        before = self.list_versions(knowledge_base_id)
        if assumed.new_version == "create":
            body = {
                "project_id": self._project_id,
                "knowledgebase_version_configuration": version_body(
                    spec, source, assumed=assumed, name=f"version-{len(before) + 1}"
                ),
            }
            try:
                return self._version_created(knowledge_base_id, {v.knowledgebase_version_id for v in before}, body)
            except APIError as error:
                if error.status not in NOT_THERE or not before:
                    raise
        return self.reindex(knowledge_base_id, before[0].knowledgebase_version_id)

    def ensure(
        self,
        spec: KnowledgeBaseSpec,
        source: IndexSource,
        *,
        serving_id: str | None = None,
        allow_replace: bool = False,
        other_reading: bool = False,
        strangers: Collection[str] = (),
    ) -> EnsuredKnowledgeBase:
        """Adopt the knowledge base of that name or create it; index it again when a document is newer or it had failed.

        `serving_id` is the version that questions go to: it is the one that is adopted, and what is newer becomes
        another version beside it. Without one the newest is looked at; it is indexed again itself only when it has no
        index, for questions may go to one that has.
        With `allow_replace` one that has another embedder, bucket or folder gets another beside it, which later calls
        find. Deleting the old one is left to the caller: it serves until the new one has answered. With `other_reading`
        a version that reads as the spec says is built beside one in service that does not. `strangers` are the ids of
        bases of the name or of a replacement's that are somebody else's: they are passed over, and so are their names.

        Raises:
            RefusedError: it would have to be replaced, and that was not allowed; says what differs.
            ConfigurationError: no log group.

        """
        if not source.log_group_id:
            raise ConfigurationError(
                f"{spec.name}: no log group. Without one the search API of a knowledge base never starts; "
                "set log_group_id, or leave it out in the spec and pass what log_groups.ensure returns."
            )
        alike = self.family(spec.name)
        existing = next((base for base in alike if base.knowledgebase_id not in strangers), None)
        versions = self._visible_versions(existing.knowledgebase_id) if existing else ()
        version = serving(versions, serving_id)
        decided = decide(
            spec,
            existing,
            versions,
            source,
            assumed=self._connection.assumptions.knowledge,
            serving_id=serving_id,
            other_reading=other_reading,
            taken={base.name for base in alike if base.knowledgebase_id in strangers},
        )
        if existing is None or version is None or decided.verb == "replace":
            if existing is not None and not allow_replace:
                raise refusal(existing, decided)
            body = create_body(
                spec.model_copy(update={"name": decided.name}),
                source,
                project_id=self._project_id,
                assumed=self._connection.assumptions.knowledge,
            )
            try:
                created, proven = self._created(decided.name, body)
            except ConflictError:
                # The name was free when we looked: another caller was quicker, or a create of ours whose reply was
                # lost is not listed yet.
                if not find_new(
                    self._connection, lambda: self._named(decided.name), subject=f"knowledge base {decided.name}"
                ):
                    raise
                return self.ensure(
                    spec,
                    source,
                    serving_id=serving_id,
                    allow_replace=allow_replace,
                    other_reading=other_reading,
                    strangers=strangers,
                )
            version = self._visible_versions(created.knowledgebase_id)[0]
            return EnsuredKnowledgeBase(created, version, "created", proven=proven)
        if decided.verb == "update":
            version = (
                self.create_version(existing.knowledgebase_id, spec, source)
                if serving_id or version.status == VersionStatus.SUCCEEDED
                else self.reindex(existing.knowledgebase_id, version.knowledgebase_version_id)
            )
            return EnsuredKnowledgeBase(existing, version, "updated", decided.differences)
        return EnsuredKnowledgeBase(existing, version, "adopted", decided.differences)

    def wait_indexed(
        self,
        knowledge_base_id: str,
        version_id: str,
        *,
        deadline_s: float,
        on_look: OnLook[IndexedKnowledgeBase] | None = None,
    ) -> IndexedKnowledgeBase:
        """Wait for base ACTIVE, version SUCCEEDED and search API up.

        Raises:
            FailedStateError: one of the three failed; says which and why, at once.
            DeadlineError: not in time; says what was last seen.

        """
        return self._connection.wait(
            lambda: IndexedKnowledgeBase(self.get(knowledge_base_id), self.get_version(version_id)),
            is_indexed,
            subject="knowledge base",
            deadline_s=deadline_s,
            words=named_states,
            on_look=on_look,
        )

    def list(self) -> list[KnowledgeBase]:
        """Return every knowledge base of the project."""
        found: list[KnowledgeBase] = []
        for page in self._pages(ListKnowledgeBasesResponse, "", {}):
            found.extend(page.data)
        return found

    def _pages(self, kind: type[Page], path: str, params: dict[str, str]) -> Iterator[Page]:
        asked: dict[str, Any] = {"project_id": self._project_id, "page_size": PAGE_SIZE, **params}
        url = f"{self._base}{path}"

        def ask(token: str) -> Page:
            more = {"page_token": token} if token else {}
            return self._connection.transport.ask(kind, "GET", url, params=asked | more)

        return by_token(ask, lambda page: page.next_page_token, subject=f"GET {url}")

    def _visible_versions(self, knowledge_base_id: str) -> Sequence[KnowledgeBaseVersion]:
        return self._connection.wait_visible(
            lambda: self.list_versions(knowledge_base_id),
            lambda versions: len(versions) > 0,
            subject=f"the first version of knowledge base {knowledge_base_id}",
        )

    def _named(self, name: str) -> str | None:
        """Return the id of the live knowledge base of exactly that name."""
        return next((base.knowledgebase_id for base in self.family(name) if base.name == name), None)

    def _created(self, name: str, body: dict[str, Any]) -> tuple[KnowledgeBase, bool]:
        """Return what was created, and whether the service has answered that it was this call that created it."""
        answered: list[str] = []

        def create() -> str:
            url = f"{self._connection.endpoints.knowledge_control.rstrip('/')}/api/v2/knowledge-bases"
            ask = self._connection.transport.ask
            answer = ask(CreatedKnowledgeBase, "POST", url, json=body, timeout_s=CREATE_TIMEOUT_S)
            answered.append(answer.knowledgebase_id)
            return answer.knowledgebase_id

        knowledge_base_id = create_once(
            self._connection, create, lambda: self._named(name), subject=f"knowledge base {name}"
        )
        created = self._connection.wait_visible(
            lambda: self.get(knowledge_base_id), subject=f"the new knowledge base {name}"
        )
        return created, bool(answered)

    def _version_created(
        self, knowledge_base_id: str, before: Collection[str], body: dict[str, Any]
    ) -> KnowledgeBaseVersion:
        """Create, and find out by comparing what there is with `before`: what the call answers is not published."""
        control = self._connection.endpoints.knowledge_control.rstrip("/")
        url = f"{control}/api/v2/knowledge-bases/{knowledge_base_id}/versions"

        def added() -> list[KnowledgeBaseVersion]:
            return [v for v in self.list_versions(knowledge_base_id) if v.knowledgebase_version_id not in before]

        def create() -> bool:
            self._connection.transport.request("POST", url, json=body, timeout_s=CREATE_TIMEOUT_S)
            return True

        subject = f"the new version of knowledge base {knowledge_base_id}"
        create_once(self._connection, create, lambda: True if added() else None, subject=subject)
        return self._connection.wait_visible(added, lambda found: len(found) > 0, subject=subject)[0]
