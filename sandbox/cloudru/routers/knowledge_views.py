"""Knowledge bases and versions as they travel."""

from typing import Any

from clouds.cloudru.wire.knowledge import KnowledgeBase, KnowledgeBaseVersion, SearchApi, VersionStatus
from sandbox.clock import timestamp
from sandbox.cloudru.cloud import CloudRu
from sandbox.cloudru.knowledge_state import StoredKnowledgeBase, StoredVersion

SEARCH_URL = "https://{}.managed-rag.inference.cloud.ru"
DOCUMENTS_NAMED = 3


def knowledge_base_view(cloud: CloudRu, base: StoredKnowledgeBase, search_url: str) -> KnowledgeBase:
    """Return a knowledge base; `search_url` is where its caller finds the search API."""
    now = cloud.host.clock()
    last = cloud.knowledge.last_version(base)
    embedder = cloud.knowledge.embedders.wire(last.configuration.embedder_configuration) if last else None
    return KnowledgeBase(
        knowledgebase_id=base.id,
        name=base.configuration.name,
        status=base.status(now),
        project_id=base.project_id,
        namespace=f"rag-{base.id.partition('-')[0]}",
        knowledge_base_configuration=base.configuration.to_wire(),
        searchApiResponse=SearchApi(url=search_url, state=base.search_state(now)),
        created_at=timestamp(base.created_at),
        updated_at=timestamp(base.search.started_at if base.search else base.created_at),
        created_by=base.created_by,
        updated_by=base.created_by,
        embedder=embedder,
        description=base.configuration.description,
    )


def version_view(cloud: CloudRu, version: StoredVersion) -> KnowledgeBaseVersion:
    """Return a version. Where the vendor says why one failed and which documents are missing is UNKNOWN.

    Here `description` says it in words, and `knowledge_base_version_settings.indexing` as data.
    """
    status = version.status(cloud.host.clock())
    over = status != VersionStatus.PENDING
    settings: dict[str, Any] = version.configuration.to_wire()
    finished_at = ""
    if over and version.finished_at is not None:
        settings["indexing"] = {"reason": version.reason, **version.report.model_dump(mode="json")}
        finished_at = timestamp(version.finished_at)
    return KnowledgeBaseVersion(
        knowledgebase_version_id=version.id,
        knowledgebase_id=version.knowledge_base_id,
        status=status,
        project_id=version.project_id,
        description=_description(version) if over else version.configuration.description,
        version=version.configuration.name,
        knowledge_base_version_settings=settings,
        scheduled_at=timestamp(version.started_at),
        started_at=timestamp(version.started_at),
        finished_at=finished_at or None,
        created_at=timestamp(version.created_at),
        updated_at=finished_at or timestamp(version.started_at),
        created_by=version.created_by,
        updated_by=version.created_by,
        embedder=cloud.knowledge.embedders.wire(version.configuration.embedder_configuration),
    )


def _description(version: StoredVersion) -> str:
    if version.outcome == "failed":
        return version.reason
    failed = version.report.failed_documents
    if not failed:
        return version.configuration.description
    named = "; ".join(f"{document.key}: {document.reason}" for document in failed[:DOCUMENTS_NAMED])
    return f"{len(failed)} documents could not be read and are not in the index: {named}"
