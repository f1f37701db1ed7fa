"""What a version of a knowledge base tells: what it has read, whether it can be used, which documents it lacks."""

from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError

from clouds.cloudru.knowledge.differences import values
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion, VersionStatus
from clouds.redaction import masked

BROKEN = frozenset({VersionStatus.FAILED, VersionStatus.CANCELLED})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class UnreadableDocument(BaseModel):
    """A document that is not in a version's index: its key in the bucket, and why."""

    key: str
    reason: str = ""


def is_broken(version: KnowledgeBaseVersion) -> bool:
    """Whether its indexing has ended without an index."""
    return version.status in BROKEN


def read_at(version: KnowledgeBaseVersion) -> datetime:
    """Return the moment as of which a version has read the documents: when its indexing began.

    That is `started_at`, and `created_at` until then: a document uploaded while the version still waited has been read.
    """
    return moment(version.started_at or version.created_at)


def unreadable_documents(version: KnowledgeBaseVersion, settings_key: str) -> list[UnreadableDocument]:
    """Return the documents that are not in the index, from the list at `settings_key` of the version's settings.

    Reasons are without secrets that they echo.
    """
    found: list[UnreadableDocument] = []
    for listed in values(version.knowledge_base_version_settings, settings_key):
        for entry in listed if isinstance(listed, list) else []:
            try:
                document = UnreadableDocument.model_validate(entry)
            except ValidationError:  # where and how the service tells it is not published
                continue
            found.append(document.model_copy(update={"reason": masked(document.reason)}))
    return found


def moment(text: str) -> datetime:
    """Read an RFC 3339 time; a missing or unreadable one is long ago, so that documents count as newer."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return LONG_AGO
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moved(before: KnowledgeBaseVersion, seen: KnowledgeBaseVersion) -> bool:
    """Say whether indexing has begun again: another version, or another status or start than before."""
    if seen.knowledgebase_version_id != before.knowledgebase_version_id or seen.status != before.status:
        return True
    return (seen.started_at, seen.finished_at) != (before.started_at, before.finished_at)
