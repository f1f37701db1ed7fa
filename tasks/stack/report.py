"""What a run has to show: the flow's result, and the same as artifacts for the UI."""

from collections.abc import Sequence
from dataclasses import dataclass

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.address import console_chat_url
from clouds.cloudru.inference import EnsuredRun
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexedKnowledgeBase
from clouds.cloudru.secret import EnsuredSecret
from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.storage import EnsuredBucket
from domain.answer import Answer
from domain.in_service import InService
from domain.keys import StackKey
from domain.models import ReadyModel
from domain.plan import StackPlan
from domain.prices import total_text
from domain.reports.stack import (
    DocumentsReport,
    KnowledgeBaseReport,
    ModelReport,
    ProbeReport,
    SecretReport,
    StackReport,
    StepReport,
)
from domain.reports.stack_markdown import chunk_table, markdown
from tasks.run.artifacts import write_page, write_table
from tasks.run.results import keep_result
from tasks.run.steps import recorded, step
from tasks.stack.storage import StoredDocuments

ROLES = ("embedder", "reranker", "llm")


@dataclass(frozen=True)
class Provisioned:
    """What a run has brought up or adopted, each as its step has returned it; `runs` and `models` as in ROLES."""

    plan: StackPlan
    bucket: EnsuredBucket
    documents: StoredDocuments
    secret: EnsuredSecret | None
    runs: Sequence[EnsuredRun | None]
    models: Sequence[ReadyModel]
    knowledge_base: EnsuredKnowledgeBase
    index: IndexedKnowledgeBase
    answer: Answer
    in_service: InService


@step("report")
def report(cloudru: CloudRuCredentials, cloud: str, made: Provisioned) -> StackReport:
    """Ask each model once more what it is, write the artifacts, and return the flow's result."""
    plan, bucket, documents, secret = made.plan, made.bucket, made.documents, made.secret
    index, answer = made.index, made.answer
    base = index.knowledge_base
    steps = StepReport.of(recorded())
    kept = SecretReport(path=secret.path, version=secret.version, action=secret.action) if secret else None
    answering = tuple(_model(cloudru, plan, *parts) for parts in zip(ROLES, made.runs, made.models, strict=True))
    actions = [
        bucket.action,
        documents.action,
        made.knowledge_base.action,
        *(model.action for model in answering),
        *([kept.action] if kept else []),
    ]
    result = StackReport(
        cloud=cloud,
        documents=DocumentsReport(
            bucket=bucket.name,
            bucket_action=bucket.action,
            folder=documents.folder,
            folder_action=documents.action,
            uploaded=documents.upload.uploaded,
            kept=documents.upload.kept,
            equal=cloudru.get_client().storage.equal_documents(documents.bucket, documents.folder),
        ),
        secret=kept,
        models=answering,
        knowledge_base=KnowledgeBaseReport(
            name=base.name,
            knowledge_base_id=base.knowledgebase_id,
            version_id=index.version.knowledgebase_version_id,
            search_url=base.search_api.url,
            status=base.status,
            action=made.knowledge_base.action,
            version_in_service=made.in_service.version_id,
            console_chat_url=console_chat_url(
                cloudru.assumptions.knowledge.console_chat_url,
                project_id=cloudru.project_id,
                knowledge_base_id=base.knowledgebase_id,
                version_id=index.version.knowledgebase_version_id,
            ),
        ),
        probe=ProbeReport(question=answer.question, answer=answer.answer, sources=answer.sources, quoted=answer.quoted),
        costs=total_text(plan.running_rub_per_hour),
        steps=steps,
        created=actions.count("created"),
        adopted=actions.count("adopted"),
        updated=actions.count("updated"),
        resumed=actions.count("resumed"),
        deleted=len(plan.replaced),
        duration_s=round((steps[-1].ended_at - steps[0].started_at).total_seconds(), 3),
        critical_path_s=round(sum(step.duration_s for step in steps if step.on_critical_path), 3),
        notes=(*plan.notes, *(row.done for row in plan.rows if row.done)),
        overruled=made.in_service.overruled,
    )
    key = StackKey(cloudru.project_id, plan.stack)
    write_page(key, "stack", markdown(result), f"Managed RAG stack {plan.stack}")
    write_table(key, "chunks", chunk_table(answer), f"Chunks found for: {answer.question}")
    return keep_result(key, "stack", result)


def _model(
    cloudru: CloudRuCredentials,
    plan: StackPlan,
    role: str,
    ensured: EnsuredRun | None,
    model: ReadyModel,
) -> ModelReport:
    if isinstance(model, FoundationModelSpec):
        return ModelReport(role=role, name=model.name, model=model.model, status="Foundation Models")
    source = model.run.model_source
    repository = source.hugging_face_repository if source else None
    card = cloudru.get_client().models.at(model.run).card()
    return ModelReport(
        role=role,
        name=model.run.name,
        model=repository.full_name if repository else "",
        run_id=model.run.model_run_id,
        url=model.url,
        served_name=model.served_name,
        answered_by=card.root or card.owned_by,
        status=model.run.status,
        proof=model.proof,
        action=ensured.action if ensured else None,
        price_rub_per_hour=plan.rub_per_hour_of(model.run.name),
    )
