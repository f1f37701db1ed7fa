"""What a stack of Cloud.ru Managed RAG is. The Prefect UI shows it as a form."""

import re
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from clouds.cloudru.specs import (
    BUCKET_NAME_PATTERN,
    FoundationModelSpec,
    InferenceSpec,
    KnowledgeBaseSpec,
    RetrievalSpec,
)
from clouds.spec import Spec, any_of
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from domain.keys import StackKey
from domain.models import ModelSpec
from domain.probe import ProbeSpec

SIZE_LIMIT_BYTES = 100_000_000
"""Largest document: the cap of the vendor's own script. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


def _source(model: Any) -> str:
    """Tell which kind of model is meant; one that does not say is an inference of one's own."""
    return model.get("source", "ml_inference") if isinstance(model, dict) else getattr(model, "source", "")


ModelChoice = Annotated[
    Annotated[InferenceSpec, Tag("ml_inference")] | Annotated[FoundationModelSpec, Tag("foundation_models")],
    Discriminator(_source),
    Field(json_schema_extra=any_of),
]
"""A model of one's own, or one of Foundation Models; `source` tells which."""


class RagStack(Spec, title="Whole stack"):
    """A managed RAG stack: documents, their bucket, three models, the knowledge base, and a question as its proof."""

    documents: tuple[str, ...] = Field(
        default=("examples/faq_products.txt",),
        title="Documents",
        description="Files, folders, glob patterns or URLs (s3://bucket/folder/*.txt needs the package s3fs).",
        min_length=1,
    )
    document_size_limit_bytes: int = Field(
        default=SIZE_LIMIT_BYTES,
        title="Document size limit, bytes",
        description="A larger document is refused before anything is created.",
        ge=1,
    )
    bucket: str = Field(
        default="rag-inference-bucket",
        title="Bucket",
        description="Bucket of the documents: 3 to 63 lower-case latin letters, digits, dots and hyphens.",
    )
    folder: str = Field(
        default="rag-inference-kb/", title="Folder", description="Folder in the bucket; what lies in it is indexed."
    )
    token_secret: str = Field(
        default="rag_with_mlinference",
        title="Token secret",
        description="Path in Secret Management where the Hugging Face token is kept.",
        min_length=1,
    )
    token_secret_description: str = Field(
        default="Huggingface access token",
        title="Description of the token secret",
        description="Free text beside the secret when it is created.",
    )
    embedder: ModelChoice = Field(
        default=InferenceSpec(name="embedder-for-rag", repository="Qwen/Qwen3-Embedding-0.6B", task="Embedding"),
        title="Embedder",
        description="Model that turns chunks and questions into vectors.",
    )
    reranker: ModelChoice = Field(
        default=InferenceSpec(name="reranker-for-rag", repository="Qwen/Qwen3-Reranker-0.6B", task="Score"),
        title="Reranker",
        description="Model that orders the chunks found by relevance.",
    )
    llm: ModelChoice = Field(
        default=InferenceSpec(name="llm-for-rag", repository="t-tech/T-lite-it-1.0", task="Generate"),
        title="LLM",
        description="Model that writes the answer.",
    )
    knowledge_base: KnowledgeBaseSpec = Field(
        default=KnowledgeBaseSpec(), title="Knowledge base", description="Index over the documents."
    )
    retrieval: RetrievalSpec = Field(
        default=RetrievalSpec(), title="Retrieval", description="How the probe question is searched and answered."
    )
    probe: ProbeSpec = Field(
        default=ProbeSpec(
            question="В течение скольких дней можно вернуть товар, который не подошёл?",
            source="faq_products.txt",
            phrase="14 дней, не считая дня покупки",
        ),
        title="Probe",
        description="Question that the stack must answer, else the run fails.",
    )
    golden: str | None = Field(
        default=None,
        title="Golden questions",
        description="File or URL of the questions that judge every version before it is in service; left out: the "
        "probe judges alone.",
        min_length=1,
    )
    measurement: EvaluationSpec = Field(
        default=EvaluationSpec(), title="Measurement", description="How the golden questions are asked and measured."
    )
    thresholds: Thresholds = Field(
        default=Thresholds(), title="Thresholds to reach", description="What a version must reach on golden questions."
    )

    def key(self, project_id: str) -> StackKey:
        """Return what the stack is called on the Prefect server; `project_id` is that of its credentials."""
        return StackKey(project_id, self.knowledge_base.name)

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """Embedder, reranker and LLM, in this order."""
        return (self.embedder, self.reranker, self.llm)

    @field_validator("bucket")
    @classmethod
    def _bucket_name(cls, bucket: str) -> str:
        if not re.fullmatch(BUCKET_NAME_PATTERN, bucket):
            raise ValueError(
                f"bucket {bucket!r} is not a bucket name; take 3 to 63 lower-case latin letters, digits, dots and "
                "hyphens, with a letter or digit at both ends"
            )
        return bucket

    @field_validator("folder")
    @classmethod
    def _folder_ends_with_slash(cls, folder: str) -> str:
        name = folder.strip("/")
        if not name:
            raise ValueError("folder is empty; name one, for example rag-inference-kb/")
        return f"{name}/"

    @model_validator(mode="after")
    def _models_fit_their_roles(self) -> Self:
        for role, task in (("embedder", "Embedding"), ("reranker", "Score"), ("llm", "Generate")):
            model = getattr(self, role)
            if isinstance(model, InferenceSpec) and model.task != task:
                raise ValueError(f"{role} {model.name!r} has task {model.task}; the {role} needs task {task}")
        return self

    @model_validator(mode="after")
    def _measured_chunks_are_retrieved(self) -> Self:
        if self.golden is not None and self.measurement.k > self.retrieval.results:
            raise ValueError(
                f"k={self.measurement.k} of the measurement is above results={self.retrieval.results} of the "
                "retrieval; lower k, or retrieve more chunks"
            )
        return self

    @model_validator(mode="after")
    def _run_names_differ(self) -> Self:
        names = [model.name for model in (self.embedder, self.reranker, self.llm) if isinstance(model, InferenceSpec)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two inferences are named {name!r}; give each a name of its own")
        return self


def name_of(stack: str | RagStack) -> str:
    """Return the name of a stack: that of its knowledge base."""
    return stack if isinstance(stack, str) else stack.knowledge_base.name


def is_tutorials(stack: RagStack) -> bool:
    """Say whether a stack is the tutorial's in all but its name: a form that was left at its defaults gives it."""
    name = stack.knowledge_base.name
    return stack == RagStack(knowledge_base=KnowledgeBaseSpec(name=name))
