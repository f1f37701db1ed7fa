"""What a run has to show: the flow's result, and the same as artifacts for the UI."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from pydantic import BaseModel, ConfigDict

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.action import Action
from clouds.cloudru.inference import EnsuredRun, ReadyRun
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexedKnowledgeBase
from clouds.cloudru.secret import EnsuredSecret
from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.storage import EnsuredBucket
from tasks.progress import artifact_key
from tasks.query import ProbeAnswer
from tasks.steps import StepTime, critical_path, recorded, step
from tasks.storage import StoredDocuments

ROLES = ("embedder", "reranker", "llm")
CHUNK_CHARACTERS = 400
"""So much of a chunk stands in the table."""


class Part(BaseModel):
    """Base of the report's parts."""

    model_config = ConfigDict(frozen=True)


class DocumentsReport(Part):
    """Bucket, folder, and the keys of the documents: sent now, or already there with the same content."""

    bucket: str
    bucket_action: Action
    folder: str
    folder_action: Action
    uploaded: tuple[str, ...]
    kept: tuple[str, ...]


class SecretReport(Part):
    """Where the Hugging Face token lies; never its value."""

    path: str
    version: int
    action: Action


class ModelReport(Part):
    """A model that answered. `answered_by` is what its endpoint says of itself; no `action` in Foundation Models."""

    role: str
    name: str
    model: str
    run_id: str = ""
    url: str = ""
    served_name: str = ""
    answered_by: str = ""
    status: str = ""
    proof: str = ""
    action: Action | None = None


class KnowledgeBaseReport(Part):
    """The knowledge base and the version that was asked."""

    name: str
    knowledge_base_id: str
    version_id: str
    search_url: str
    status: str
    action: Action


class ProbeReport(Part):
    """The probe question and what came back; a run without the right answer has no report."""

    question: str
    answer: str
    sources: tuple[str, ...]
    passed: bool = True


class StepReport(Part):
    """When a step ran, and whether the run would have been shorter without it."""

    name: str
    started_at: datetime
    ended_at: datetime
    duration_s: float
    on_critical_path: bool

    @classmethod
    def of(cls, times: Iterable[StepTime]) -> tuple[Self, ...]:
        """Return the steps in order of their start."""
        ordered = sorted(times, key=lambda time: time.started_at)
        decisive = {time.id for time in critical_path(ordered)}
        return tuple(
            cls(
                name=time.name,
                started_at=time.started_at,
                ended_at=time.ended_at,
                duration_s=round(time.duration_s, 3),
                on_critical_path=time.id in decisive,
            )
            for time in ordered
        )


class StackReport(Part):
    """What stands now, what this run did for it, the proof that it answers, and where the time went."""

    cloud: str
    documents: DocumentsReport
    secret: SecretReport | None
    models: tuple[ModelReport, ...]
    knowledge_base: KnowledgeBaseReport
    probe: ProbeReport
    steps: tuple[StepReport, ...]
    created: int
    adopted: int
    updated: int
    duration_s: float
    critical_path_s: float


@step("report")
def report(
    cloudru: CloudRuCredentials,
    cloud: str,
    bucket: EnsuredBucket,
    documents: StoredDocuments,
    secret: EnsuredSecret | None,
    runs: Sequence[EnsuredRun | None],
    models: Sequence[ReadyRun | FoundationModelSpec],
    ensured: EnsuredKnowledgeBase,
    index: IndexedKnowledgeBase,
    answer: ProbeAnswer,
) -> StackReport:
    """Ask each model once more what it is, write the artifacts, and return the flow's result."""
    base = index.knowledge_base
    steps = StepReport.of(recorded())
    kept = SecretReport(path=secret.path, version=secret.version, action=secret.action) if secret else None
    answering = tuple(_model(cloudru, *parts) for parts in zip(ROLES, runs, models, strict=True))
    actions = [
        bucket.action,
        documents.action,
        ensured.action,
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
        ),
        secret=kept,
        models=answering,
        knowledge_base=KnowledgeBaseReport(
            name=base.name,
            knowledge_base_id=base.knowledgebase_id,
            version_id=index.version.knowledgebase_version_id,
            search_url=base.search_api.url,
            status=base.status,
            action=ensured.action,
        ),
        probe=ProbeReport(question=answer.question, answer=answer.answer, sources=answer.sources),
        steps=steps,
        created=actions.count("created"),
        adopted=actions.count("adopted"),
        updated=actions.count("updated"),
        duration_s=round((steps[-1].ended_at - steps[0].started_at).total_seconds(), 3),
        critical_path_s=round(sum(step.duration_s for step in steps if step.on_critical_path), 3),
    )
    create_markdown_artifact(
        markdown(result), key=artifact_key("stack", base.name), description=f"Managed RAG stack {base.name}"
    )
    create_table_artifact(
        chunk_table(answer), key=artifact_key("chunks", base.name), description=f"Chunks found for: {answer.question}"
    )
    return result


def _model(
    cloudru: CloudRuCredentials, role: str, ensured: EnsuredRun | None, model: ReadyRun | FoundationModelSpec
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
        answered_by=f"{card.root} ({card.owned_by})" if card.owned_by else card.root,
        status=model.run.status,
        proof=model.proof,
        action=ensured.action if ensured else None,
    )


def markdown(result: StackReport) -> str:
    """Return the report for reading."""
    documents, base = result.documents, result.knowledge_base
    resources = [
        ("bucket", documents.bucket, "", "", documents.bucket_action),
        (
            "folder",
            documents.folder,
            "",
            f"{len(documents.uploaded)} sent, {len(documents.kept)} kept",
            documents.folder_action,
        ),
        *(
            (f"secret, version {secret.version}", secret.path, "", "", secret.action)
            for secret in [result.secret]
            if secret
        ),
        *((m.role, m.name, _link(m.run_id, m.url), _status(m.status), m.action or "-") for m in result.models),
        (
            "knowledge base",
            base.name,
            _link(base.knowledge_base_id, base.search_url),
            _status(base.status),
            base.action,
        ),
        ("version", "", base.version_id, "", ""),
    ]
    models = [(m.role, m.model, m.served_name, m.answered_by, m.proof) for m in result.models]
    start = min(step.started_at for step in result.steps)
    steps = [
        (
            step.name,
            f"{(step.started_at - start).total_seconds():.1f}",
            f"{step.duration_s:.1f}",
            "●" if step.on_critical_path else "",
        )
        for step in result.steps
    ]
    return "\n\n".join(
        (
            f"# {base.name} on `{result.cloud}`",
            f"**created {result.created}, adopted {result.adopted}, updated {result.updated}**",
            f"## Proof\n\n> {_cell(result.probe.question)}\n\n{result.probe.answer}",
            f"Sources: {', '.join(f'`{source}`' for source in result.probe.sources)}",
            "## Resources\n\n" + _table(("resource", "name", "id", "status", "action"), resources),
            "## Models that answered\n\n" + _table(("role", "asked for", "served as", "answered by", "proof"), models),
            f"## Time\n\n{result.duration_s:.1f} s in all; the steps of the critical path (●) took "
            f"{result.critical_path_s:.1f} s.\n\n" + _table(("step", "began after, s", "took, s", "critical"), steps),
        )
    )


def chunk_table(answer: ProbeAnswer) -> list[dict[str, str | float]]:
    """Return the retrieved chunks, best first."""
    return [
        {
            "place": place,
            "score": round(chunk.score, 4),
            "source": source,
            "chunk": chunk.content[:CHUNK_CHARACTERS],
        }
        for place, (chunk, source) in enumerate(zip(answer.chunks, answer.chunk_sources, strict=True), start=1)
    ]


def _status(status: str) -> str:
    """Return a status as the console writes it."""
    return status.removeprefix("MODEL_RUN_STATUS_").removeprefix("KNOWLEDGEBASE_")


def _link(text: str, url: str) -> str:
    return f"[{text}]({url})" if url else text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
