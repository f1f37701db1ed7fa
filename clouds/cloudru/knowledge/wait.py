"""The wait until a knowledge base can be asked: three states, and any of them can fail."""

from collections.abc import Callable
from dataclasses import dataclass

from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.knowledge import (
    KnowledgeBase,
    KnowledgeBaseStatus,
    KnowledgeBaseVersion,
    SearchState,
    VersionStatus,
)
from clouds.errors import FailedStateError
from clouds.polling import OnLook, wait_until

FAILED_VERSION = frozenset({VersionStatus.FAILED, VersionStatus.CANCELLED})
FAILED_SEARCH = frozenset({SearchState.FAILED, SearchState.INACTIVE})
FAILED_BASE = frozenset({KnowledgeBaseStatus.SUSPENDING, KnowledgeBaseStatus.INACTIVE})
SEARCH_UP = frozenset({SearchState.ACTIVE, SearchState.RUNNING})


@dataclass(frozen=True)
class IndexedKnowledgeBase:
    """A knowledge base that can be asked, and the version that answers."""

    knowledge_base: KnowledgeBase
    version: KnowledgeBaseVersion


def wait_indexed(
    connection: Connection,
    look: Callable[[], IndexedKnowledgeBase],
    *,
    deadline_s: float,
    on_look: OnLook | None,
) -> IndexedKnowledgeBase:
    """Look at all three states until all are good or one has failed. See `KnowledgeBases.wait_indexed`."""
    return wait_until(
        look,
        _judge,
        subject="knowledge base",
        deadline_s=deadline_s,
        describe=_described,
        on_look=None if on_look is None else lambda seen, elapsed_s: on_look(_states(seen), elapsed_s),
        clock=connection.clock,
        sleep=connection.sleep,
    )


def _judge(seen: IndexedKnowledgeBase) -> bool:
    base, version, search = seen.knowledge_base, seen.version, seen.knowledge_base.search_api
    if version.status in FAILED_VERSION:
        raise _failed(seen, "its version", version.description, "Correct the cause and run again: it is reindexed.")
    if search.state in FAILED_SEARCH:
        raise _failed(seen, "its search API", "", "A knowledge base without a log group never starts one: delete it.")
    if base.status in FAILED_BASE:
        raise _failed(seen, "the knowledge base", "", "Start it in the console, or delete it, and run again.")
    return (
        base.status == KnowledgeBaseStatus.ACTIVE
        and version.status == VersionStatus.SUCCEEDED
        and search.state in SEARCH_UP
    )


def _failed(seen: IndexedKnowledgeBase, which: str, reason: str, advice: str) -> FailedStateError:
    told = f"Reason: {reason}. " if reason else "The API gives no reason: look into its log group. "
    return FailedStateError(
        f"{_described(seen)}: {which} has failed. {told}{advice}",
        {
            "knowledge_base": seen.knowledge_base.model_dump(mode="json"),
            "version": seen.version.model_dump(mode="json"),
        },
        reason,
    )


def _described(seen: IndexedKnowledgeBase) -> str:
    return f"{seen.knowledge_base.name} ({seen.knowledge_base.knowledgebase_id}): {_states(seen)}"


def _states(seen: IndexedKnowledgeBase) -> str:
    base = seen.knowledge_base.status.removeprefix("KNOWLEDGEBASE_")
    version = seen.version.status.removeprefix("KNOWLEDGEBASE_VERSION_")
    search = seen.knowledge_base.search_api.state.removeprefix("SEARCH_API_RESPONSE_STATE_")
    return f"knowledge base {base}, version {version}, search API {search}"
