"""What Managed RAG keeps of knowledge bases and their versions, and the statuses that follow from it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from clouds.cloudru.wire.knowledge import (
    KnowledgeBaseConfiguration,
    KnowledgeBaseStatus,
    SearchState,
    VersionConfiguration,
    VersionStatus,
)
from sandbox.host import Host
from sandbox.timeline import Timeline, timeline

Outcome = Literal["", "succeeded", "failed", "cancelled"]
STATUS_BY_OUTCOME = {
    "": VersionStatus.PENDING,
    "succeeded": VersionStatus.SUCCEEDED,
    "failed": VersionStatus.FAILED,
    "cancelled": VersionStatus.CANCELLED,
}


class FailedDocument(BaseModel):
    """A document that is not in the index, and why."""

    model_config = ConfigDict(frozen=True)

    key: str
    reason: str


class IndexReport(BaseModel):
    """What a build read and wrote."""

    model_config = ConfigDict(frozen=True)

    documents: int = 0
    chunks: int = 0
    dimension: int = 0
    failed_documents: tuple[FailedDocument, ...] = ()


class StoredVersion(BaseModel):
    """A version. `table` is what answers; `build` counts the builds; `outcome` is empty during one."""

    model_config = ConfigDict(frozen=True)

    id: str
    knowledge_base_id: str
    project_id: str
    configuration: VersionConfiguration
    pending: Timeline
    outcome: Outcome = ""
    reason: str = ""
    report: IndexReport = IndexReport()
    table: str = ""
    build: int = 1
    created_by: str = ""
    created_at: float
    started_at: float
    finished_at: float | None = None

    def status(self, now: float) -> VersionStatus:
        """Return PENDING until the work is done and the set time has passed, then how it ended."""
        if self.outcome != "cancelled" and self.pending.status(now) == VersionStatus.PENDING:
            return VersionStatus.PENDING
        return STATUS_BY_OUTCOME[self.outcome]

    def answers(self, now: float) -> bool:
        """Whether it can be searched: it has succeeded, or an earlier build of it has."""
        return bool(self.table) and (self.build > 1 or self.status(now) == VersionStatus.SUCCEEDED)

    @property
    def build_table(self) -> str:
        """Table of the current or last build."""
        return f"{self.id}.{self.build}"


class StoredKnowledgeBase(BaseModel):
    """A knowledge base. `search` begins when a version has succeeded for the first time."""

    model_config = ConfigDict(frozen=True)

    id: str
    project_id: str
    configuration: KnowledgeBaseConfiguration
    planning: Timeline
    search: Timeline | None = None
    has_log_group: bool
    created_by: str = ""
    created_at: float

    def status(self, now: float) -> KnowledgeBaseStatus:
        """Return PLANNING, PENDING, and ACTIVE from the first version that succeeded; there is no FAILED."""
        return KnowledgeBaseStatus.ACTIVE if self.search else KnowledgeBaseStatus(self.planning.status(now))

    def search_state(self, now: float) -> SearchState:
        """Return PENDING until it is up; without a log group it never is (CONFIRMED)."""
        if self.search is None or not self.has_log_group:
            return SearchState.PENDING
        return SearchState(self.search.status(now))


class KnowledgeStore:
    """The two kinds of documents. A read makes a resource older where its stages count reads."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.bases = host.state.collection("knowledge_base", StoredKnowledgeBase)
        self.versions = host.state.collection("knowledge_base_version", StoredVersion)

    def versions_of(self, knowledge_base_id: str) -> list[StoredVersion]:
        """Return the versions of a knowledge base, oldest first."""
        return [version for version in self.versions.all() if version.knowledge_base_id == knowledge_base_id]

    def bases_of(self, project_id: str) -> list[StoredKnowledgeBase]:
        """Return the knowledge bases of a project, oldest first."""
        return [base for base in self.bases.all() if base.project_id == project_id]

    def observed(self, base: StoredKnowledgeBase) -> StoredKnowledgeBase:
        """Return it as it is now: once it is planned and a version has succeeded, its search API begins to come up."""
        now = self._host.clock()
        if base.search is not None or base.planning.status(now) == KnowledgeBaseStatus.PLANNING:
            return base
        done = [v for v in self.versions_of(base.id) if v.status(now) == VersionStatus.SUCCEEDED]
        if not done:
            return base
        succeeded_at = min(max(v.pending.final_at, v.finished_at or now) for v in done)
        stages = [(SearchState.PENDING, self._host.settings.knowledge_base_spans.search)]
        search = timeline(stages, SearchState.ACTIVE, succeeded_at)
        return self._kept(base.model_copy(update={"search": search}))

    def after_read(self, base: StoredKnowledgeBase) -> StoredKnowledgeBase:
        """Return it after one more read."""
        with self._host.state.locked():
            base = self.observed(self.bases.get(base.id) or base)
            if base.search is not None and base.search.counts_reads:
                return self._kept(base.model_copy(update={"search": base.search.read()}))
            if base.search is None and base.planning.counts_reads:
                return self._kept(base.model_copy(update={"planning": base.planning.read()}))
            return base

    def version_after_read(self, version: StoredVersion) -> StoredVersion:
        """Return it after one more read."""
        if not version.pending.counts_reads:
            return version
        with self._host.state.locked():
            version = self.versions.get(version.id) or version
            version = version.model_copy(update={"pending": version.pending.read()})
            self.versions.put(version.id, version)
            return version

    def _kept(self, base: StoredKnowledgeBase) -> StoredKnowledgeBase:
        if self.bases.get(base.id) is not None:
            self.bases.put(base.id, base)
        return base
