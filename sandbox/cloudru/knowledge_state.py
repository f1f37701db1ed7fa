"""What Managed RAG keeps of a knowledge base and of its versions, and the statuses that follow from it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from clouds.cloudru.wire.knowledge import KnowledgeBaseConfiguration, SearchState, VersionConfiguration, VersionStatus
from sandbox.lifecycle import Timeline

STATUS_BY_OUTCOME = {
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
    """A version. `table` is what answers now; `build` counts the builds, the first one is 1."""

    id: str
    knowledge_base_id: str
    number: int
    configuration: VersionConfiguration
    pending: Timeline
    outcome: Literal["", "succeeded", "failed", "cancelled"] = ""
    """Empty while the work goes on, also over a restart."""
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
        if self.outcome == "cancelled":
            return VersionStatus.CANCELLED
        if not self.outcome or self.pending.status(now) == VersionStatus.PENDING:
            return VersionStatus.PENDING
        return STATUS_BY_OUTCOME[self.outcome]

    @property
    def build_table(self) -> str:
        """Table of the build that goes on or went last."""
        return f"{self.id}.{self.build}"


class StoredKnowledgeBase(BaseModel):
    """A knowledge base. `search` begins when a version has succeeded for the first time."""

    id: str
    project_id: str
    configuration: KnowledgeBaseConfiguration
    planning: Timeline
    search: Timeline | None = None
    has_log_group: bool
    created_by: str = ""
    created_at: float
    updated_at: float

    def search_state(self, now: float) -> SearchState:
        """Return PENDING until it is up; without a log group it never is (CONFIRMED)."""
        if self.search is None or not self.has_log_group:
            return SearchState.PENDING
        return SearchState(self.search.status(now))
