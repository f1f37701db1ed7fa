"""Progress counts what the waits say that they saw; the waits' own words are used, so that the two cannot drift."""

from clouds.cloudru import knowledge_wait, model_run_wait
from clouds.cloudru.knowledge_wait import IndexedKnowledgeBase
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.cloudru.wire.knowledge import (
    KnowledgeBase,
    KnowledgeBaseStatus,
    KnowledgeBaseVersion,
    SearchApi,
    SearchState,
    VersionStatus,
)
from tasks.inference import stage
from tasks.knowledge import up


def seen_run(status: ModelRunStatus) -> str:
    """Return what the wait says of a run in this status."""
    return str(model_run_wait._Seen(ModelRun(model_run_id="1", name="running-in-name", status=status)))


def test_run_advances_stage_by_stage() -> None:
    """Allocation, pulling, initialising, running: 1 to 4 of 5, the answer being the fifth."""
    order = [
        ModelRunStatus.RESOURCE_ALLOCATION,
        ModelRunStatus.PULLING,
        ModelRunStatus.RUNTIME_INITIALIZING,
        ModelRunStatus.RUNNING,
    ]
    assert [stage(seen_run(status)) for status in order] == [1, 2, 3, 4]
    assert stage(seen_run(ModelRunStatus.SUSPENDED)) == 0


def seen_base(base: KnowledgeBaseStatus, version: VersionStatus, search: SearchState) -> str:
    """Return what the wait says of a knowledge base in these states."""
    return knowledge_wait._states(
        IndexedKnowledgeBase(
            KnowledgeBase(knowledgebase_id="1", name="kb", status=base, searchApiResponse=SearchApi(state=search)),
            KnowledgeBaseVersion(knowledgebase_version_id="2", knowledgebase_id="1", status=version),
        )
    )


def test_each_of_the_three_counts_by_itself() -> None:
    """Base, version and search API come up in any order; INACTIVE is not ACTIVE."""
    down = (KnowledgeBaseStatus.INACTIVE, VersionStatus.PENDING, SearchState.INACTIVE)
    assert up(seen_base(*down)) == 0
    assert up(seen_base(KnowledgeBaseStatus.ACTIVE, *down[1:])) == 1
    assert up(seen_base(KnowledgeBaseStatus.ACTIVE, VersionStatus.PENDING, SearchState.RUNNING)) == 2
    assert up(seen_base(KnowledgeBaseStatus.ACTIVE, VersionStatus.SUCCEEDED, SearchState.ACTIVE)) == 3
