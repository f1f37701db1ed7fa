"""From documents that differ to a version of them: the difference sent, the version begun and waited for."""

from collections.abc import Sequence

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.inference import ANSWERING, EnsuredRun, ReadyRun, identity_differences
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexedKnowledgeBase, IndexSource, is_broken
from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.storage import EnsuredBucket, SyncPlan, Upload
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion
from clouds.errors import ConfigurationError, FailedStateError
from domain.keys import artifact_key
from domain.models import ModelSpec, ReadyModel
from tasks.refresh.changes import Changes
from tasks.run.progress import progress
from tasks.run.quarantine import SentDocuments, quarantine
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.inference import log_group
from tasks.stack.knowledge import wait_for_index


@step("find-inference", run_name="find-inference {model.name}", **LOOK_FIRST)
def find_inference(cloudru: CloudRuCredentials, model: ModelSpec) -> EnsuredRun | None:
    """Return the run of that name; None for a model of Foundation Models. Nothing is started.

    Raises:
        ConfigurationError: there is no such run, or it is suspended.
        ConflictError: it is another model than the stack says.

    """
    if isinstance(model, FoundationModelSpec):
        return None
    client = cloudru.get_client()
    listed = client.inferences.find(model.name)
    if listed is None:
        raise ConfigurationError(f"the project has no model run {model.name!r}: run provision-rag first")
    if listed.status not in ANSWERING:
        raise ConfigurationError(
            f"the model run {listed.name} is {listed.status.removeprefix('MODEL_RUN_STATUS_')} and does not answer: "
            "run resume-rag or provision-rag first"
        )
    run = client.inferences.get(listed.model_run_id)
    if differences := identity_differences(model, run, cloudru.assumptions.inference):
        raise ConfigurationError(
            f"the model run {run.name} ({run.model_run_id}) is not what the stack says: {'; '.join(differences)}. "
            "Correct the stack, or give the model another name and run provision-rag"
        )
    return EnsuredRun(run, "adopted")


@step("sync-documents", run_name="sync-documents {plan.folder}", **LOOK_FIRST)
def sync_documents(
    cloudru: CloudRuCredentials,
    plan: SyncPlan,
    models: Sequence[ReadyModel],
    serving_id: str,
) -> Upload:
    """Send and delete what the plan says, once the models answer that the new version needs."""
    get_run_logger().info(
        "%s models answer; version %s stays in service until another is promoted", len(models), serving_id
    )
    storage = cloudru.get_client().storage
    with progress(
        artifact_key("sync-documents", cloudru.project_id, plan.bucket),
        f"Documents to {plan.bucket}/{plan.folder}",
        total=len(plan.documents),
    ) as advance:
        upload = storage.send(plan, lambda done, total: advance(done, f"{done} of {total} documents"))
    if plan.missing:
        storage.touch_folder(plan.bucket, plan.folder)  # first: a run that dies in between is noticed by the time
        storage.delete_objects(plan.bucket, plan.missing)
    return upload


@step("ensure-version", run_name="ensure-version {changes.spec.name}", **LOOK_FIRST)
def ensure_version(
    cloudru: CloudRuCredentials,
    bucket: EnsuredBucket,
    changes: Changes,
    sent: Upload,
    embedder: ReadyModel,
) -> EnsuredKnowledgeBase:
    """Take the version that an earlier run or an earlier try of this step has begun, or begin one."""
    client, spec = cloudru.get_client(), changes.spec
    get_run_logger().info("%s: %s documents sent", spec.name, len(sent.uploaded))
    base, known = changes.base, {version.knowledgebase_version_id for version in changes.versions}
    begun = [
        version
        for version in client.knowledge_bases.list_versions(base.knowledgebase_id)
        if version.knowledgebase_version_id not in known and not is_broken(version)
    ]
    if changes.built is not None:
        return EnsuredKnowledgeBase(base, changes.built, "adopted")
    if begun:
        return EnsuredKnowledgeBase(base, begun[0], "created")
    version = client.knowledge_bases.create_version(
        base.knowledgebase_id,
        spec,
        IndexSource(
            bucket=bucket.name,
            folder=changes.plan.folder,
            embedder=embedder.run if isinstance(embedder, ReadyRun) else embedder,
            log_group_id=log_group(client, spec.log_group_id or bucket.log_group_id),
        ),
    )
    return EnsuredKnowledgeBase(base, version, "updated" if version.knowledgebase_version_id in known else "created")


@step("wait-for-version", run_name="wait-for {changes.spec.name}", **LOOK_FIRST)
def wait_for_version(
    cloudru: CloudRuCredentials, changes: Changes, ensured: EnsuredKnowledgeBase
) -> IndexedKnowledgeBase:
    """Wait until the version can be asked; however that ends, quarantine the documents that it could not read."""
    try:
        indexed = wait_for_index.fn(cloudru, changes.spec, ensured)
    except FailedStateError:
        version_id = ensured.version.knowledgebase_version_id
        _quarantine(cloudru, changes, cloudru.get_client().knowledge_bases.get_version(version_id))
        raise
    _quarantine(cloudru, changes, indexed.version)
    return indexed


def _quarantine(cloudru: CloudRuCredentials, changes: Changes, version: KnowledgeBaseVersion) -> None:
    plan = changes.plan
    sent = SentDocuments(plan.bucket, plan.folder, changes.documents, changes.left_out)
    quarantine(cloudru, changes.stack, version, sent)
