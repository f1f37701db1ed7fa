"""A stack that stands before a test begins: made by the clients alone, for a third of what a run of the flow costs."""

from datetime import UTC, datetime

from clouds.cloudru.knowledge import IndexSource
from clouds.cloudru.specs import InferenceSpec
from domain.in_service import AskedWith, Build, InService
from domain.kept_stack import KeptSecret, KeptStack
from flows.specs import RagStack
from tasks.run.credentials import credentials
from tasks.run.documents import find_documents
from tasks.run.service_record import write_in_service
from tasks.stack.inference import log_group
from tasks.stack.kept_stack import write_kept
from tasks.stack.preflight import needed_memory_gb


def stand(block: str, stack: RagStack) -> InService:
    """Bring the stack up as provision-rag does, models of its own only, and return what it has put in service."""
    base = stack.knowledge_base
    with credentials(block, block) as (cloudru, hub):
        client = cloudru.get_client()
        bucket = client.storage.ensure_bucket(stack.bucket)
        client.storage.ensure_folder(bucket.name, stack.folder)
        documents = find_documents(stack.documents, base.extensions, stack.document_size_limit_bytes).documents
        upload = client.storage.upload(bucket.name, stack.folder, documents, None)
        assert hub.token is not None
        secret = client.secrets.ensure(stack.token_secret, hub.token)
        models = [model for model in (stack.embedder, stack.reranker, stack.llm) if isinstance(model, InferenceSpec)]
        runs = [
            client.inferences.ensure(
                model,
                gpu_memory_gb=needed_memory_gb(cloudru, hub, model),
                token_secret=secret,
                log_group_id=log_group(client, model.log_group_id),
            ).run.model_run_id
            for model in models
        ]
        embedder, *_ = [
            client.inferences.wait_ready(run, task=model.task, deadline_s=model.ready_within_s)
            for run, model in zip(runs, models, strict=True)
        ]
        ensured = client.knowledge_bases.ensure(
            base,
            IndexSource(
                bucket=bucket.name,
                folder=stack.folder,
                embedder=embedder.run,
                log_group_id=log_group(client, base.log_group_id or bucket.log_group_id),
                documents_modified_at=upload.newest_modified_at,
            ),
        )
        base_id, version_id = ensured.knowledge_base.knowledgebase_id, ensured.version.knowledgebase_version_id
        client.knowledge_bases.wait_indexed(base_id, version_id, deadline_s=base.indexed_within_s)
        build = Build.of(client.knowledge_bases.get_version(version_id))
    serving = InService(
        knowledge_base_id=base_id,
        version_id=version_id,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        judged=build,
        asked_with=AskedWith.of(stack),
        way="probe",
        newest=build,
    )
    key = stack.key(cloudru.project_id)
    write_in_service(key, serving)
    held = KeptSecret(id=secret.id, version=secret.version)
    write_kept(key, KeptStack(wanted=stack, provisioned=stack, bases=(base_id,), secret=held))
    return serving
