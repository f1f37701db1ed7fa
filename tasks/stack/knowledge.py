"""The knowledge base: create or bring up to date, and wait until it can be asked."""

from dataclasses import dataclass

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import ReadyRun
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexedKnowledgeBase, IndexSource
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.cloudru.storage import EnsuredBucket
from domain.consent import Allowed
from domain.keys import StackKey, artifact_key
from domain.models import ReadyModel
from tasks.run.progress import progress
from tasks.run.quarantine import SentDocuments, quarantine
from tasks.run.service_record import in_service
from tasks.run.steps import LOOK_FIRST, left_of, step, stop_when_another_failed
from tasks.stack.inference import log_group
from tasks.stack.kept_stack import keep_base
from tasks.stack.preflight import Checked
from tasks.stack.storage import StoredDocuments

PARTS = 3
"""Base, version and search API."""


@dataclass(frozen=True)
class WantedBase:
    """The knowledge base that a run wants, what it may do for it, and the bases that are only called like it, by id.

    A base that no version can change into what is wanted gets another beside it only if `allowed.replace`; one that
    reads otherwise gets a version that does not only if `allowed.other_reading`.
    """

    spec: KnowledgeBaseSpec
    allowed: Allowed
    strangers: tuple[str, ...]


@step("ensure-knowledge-base", run_name="ensure-knowledge-base {wanted.spec.name}", **LOOK_FIRST)
def ensure_knowledge_base(
    cloudru: CloudRuCredentials,
    wanted: WantedBase,
    bucket: EnsuredBucket,
    documents: StoredDocuments,
    embedder: ReadyModel,
) -> EnsuredKnowledgeBase:
    """Adopt the knowledge base and its version in service, create it, or index the documents that are newer."""
    client, spec = cloudru.get_client(), wanted.spec
    served = in_service(StackKey(cloudru.project_id, spec.name))
    ensured = client.knowledge_bases.ensure(
        spec,
        IndexSource(
            bucket=documents.bucket,
            folder=documents.folder,
            embedder=embedder.run if isinstance(embedder, ReadyRun) else embedder,
            log_group_id=log_group(client, spec.log_group_id or bucket.log_group_id),
            documents_modified_at=documents.upload.newest_modified_at,
        ),
        serving_id=served.version_id if served else None,
        allow_replace=wanted.allowed.replace,
        other_reading=wanted.allowed.other_reading,
        strangers=wanted.strangers,
    )
    keep_base(StackKey(cloudru.project_id, spec.name), ensured.knowledge_base.knowledgebase_id)
    for difference in ensured.differences:
        get_run_logger().warning("%s: adopted although %s", spec.name, difference)
    return ensured


@step("wait-for-index", run_name="wait-for {spec.name}", **LOOK_FIRST)
def wait_for_index(
    cloudru: CloudRuCredentials, spec: KnowledgeBaseSpec, ensured: EnsuredKnowledgeBase
) -> IndexedKnowledgeBase:
    """Wait until the knowledge base is ACTIVE, its version SUCCEEDED and its search API up."""
    with progress(
        artifact_key("wait-for", cloudru.project_id, spec.name), f"Until {spec.name} can be asked", total=PARTS
    ) as advance:

        def on_look(seen: IndexedKnowledgeBase, _elapsed_s: float) -> None:
            stop_when_another_failed()
            advance(sum(seen.up), str(seen))

        indexed = cloudru.get_client().knowledge_bases.wait_indexed(
            ensured.knowledge_base.knowledgebase_id,
            ensured.version.knowledgebase_version_id,
            deadline_s=left_of(spec.indexed_within_s),
            on_look=on_look,
        )
        advance(PARTS, "searchable")
    return indexed


@step("quarantine-unreadable", **LOOK_FIRST)
def quarantine_unreadable(
    cloudru: CloudRuCredentials, checked: Checked, stored: StoredDocuments, index: IndexedKnowledgeBase, name: str
) -> None:
    """List the documents that the version could not read, and leave them out until they change."""
    stack = StackKey(cloudru.project_id, name)
    sent = SentDocuments(stored.bucket, stored.folder, checked.documents, checked.left_out)
    quarantine(cloudru, stack, index.version, sent)
