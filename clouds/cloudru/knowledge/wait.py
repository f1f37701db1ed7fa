"""What is seen until a knowledge base can be asked: three states, and any of them can fail."""

from dataclasses import dataclass

from clouds.cloudru.wire.knowledge import (
    KnowledgeBase,
    KnowledgeBaseStatus,
    KnowledgeBaseVersion,
    SearchState,
    VersionStatus,
)
from clouds.errors import FailedStateError

FAILED_VERSION = frozenset({VersionStatus.FAILED, VersionStatus.CANCELLED})
FAILED_SEARCH = frozenset({SearchState.FAILED, SearchState.INACTIVE})
FAILED_BASE = frozenset({KnowledgeBaseStatus.SUSPENDING, KnowledgeBaseStatus.INACTIVE})
SEARCH_UP = frozenset({SearchState.ACTIVE, SearchState.RUNNING})


@dataclass(frozen=True)
class IndexedKnowledgeBase:
    """A knowledge base that can be asked, and the version that answers."""

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion

    @property
    def up(self) -> tuple[bool, bool, bool]:
        """Whether base, version and search API are up. Their order is not published: each counts by itself."""
        return (
            self.knowledge_base.status == KnowledgeBaseStatus.ACTIVE,
            self.version.status == VersionStatus.SUCCEEDED,
            self.knowledge_base.search_api.state in SEARCH_UP,
        )

    def __str__(self) -> str:
        return states(self)


def is_indexed(seen: IndexedKnowledgeBase) -> bool:
    """Whether base, version and search API are all up; FailedStateError when one of them has failed."""
    base, version, search = seen.knowledge_base, seen.version, seen.knowledge_base.search_api
    if version.status in FAILED_VERSION:
        raise _failed(seen, "its version", version.description, "Correct the cause and run again: it is reindexed.")
    if search.state in FAILED_SEARCH:
        raise _failed(seen, "its search API", "", "A knowledge base without a log group never starts one: delete it.")
    if base.status in FAILED_BASE:
        raise _failed(seen, "the knowledge base", "", "Start it in the console, or delete it, and run again.")
    return all(seen.up)


def _failed(seen: IndexedKnowledgeBase, which: str, reason: str, advice: str) -> FailedStateError:
    told = f"Reason: {reason}. " if reason else "The API gives no reason: look into its log group. "
    return FailedStateError(
        f"{named_states(seen)}: {which} has failed. {told}{advice}",
        {
            "knowledge_base": seen.knowledge_base.model_dump(mode="json"),
            "version": seen.version.model_dump(mode="json"),
        },
        reason,
    )


def named_states(seen: IndexedKnowledgeBase) -> str:
    """Return name, id and the three states."""
    return f"{seen.knowledge_base.name} ({seen.knowledge_base.knowledgebase_id}): {states(seen)}"


def states(seen: IndexedKnowledgeBase) -> str:
    """Return the three states as the console writes them."""
    base = seen.knowledge_base.status.removeprefix("KNOWLEDGEBASE_")
    version = seen.version.status.removeprefix("KNOWLEDGEBASE_VERSION_")
    search = seen.knowledge_base.search_api.state.removeprefix("SEARCH_API_RESPONSE_STATE_")
    return f"knowledge base {base}, version {version}, search API {search}"
