"""An embedder to be tuned: by which data and how, by what it is judged, and what becomes of it then."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from clouds.spec import Spec
from clouds.yandex.specs import NAME, TuningParameters
from domain.probe import Phrase, Words
from domain.training_data.spec import TrainingDataSpec

DAY_S = 86_400
Measure = Literal["ndcg", "recall", "mrr"]


class JudgementSpec(Spec):
    """By what the tuned model is judged: texts, questions, and how much better it must be."""

    corpus: str = Field(
        default="examples/tuning/ru/corpus.jsonl",
        title="Corpus",
        description="JSON lines, file or fsspec URL: `id`, `text`; the texts to be found.",
    )
    questions: str = Field(
        default="examples/tuning/ru/queries.jsonl",
        title="Golden questions",
        description="JSON lines, file or fsspec URL: `query`, `relevant` (ids of the texts that answer it). None of "
        "them may be trained on.",
    )
    k: int = Field(default=10, title="k", description="Texts that recall@k and nDCG@k look at.", ge=1, le=100)
    measure: Measure = Field(
        default="ndcg", title="Measure", description="Which of the three figures says whether it is better."
    )
    better_by: float = Field(
        default=0.0,
        title="Better by",
        description="It is better when the measure is above the other's by more than this, 0 to 1.",
        ge=0,
        lt=1,
    )


class SearchIndexSpec(Spec, title="Search index"):
    """A search index whose texts and queries the tuned model embeds, and a question that proves it."""

    name: str = Field(title="Name", description="Name of the index; one of that name and embedder is adopted.")
    documents: tuple[str, ...] = Field(
        title="Documents", description="Files, folders, glob patterns or fsspec URLs.", min_length=1
    )
    extensions: tuple[str, ...] = Field(
        default=("txt", "md"), title="Extensions", description="Extensions of the documents, without the dot."
    )
    question: Words = Field(title="Question", description="Asked of the index before the model is promoted.")
    phrase: Phrase = Field(
        title="Phrase",
        description="Words that one of the passages found must contain, or a list of ways to say them.",
    )


class UseSpec(Spec):
    """What becomes of the tuned model."""

    publish: Literal["if_better", "always", "never"] = Field(
        default="if_better",
        title="Promote",
        description="When to put it in service: its Prefect Variable then names it.",
    )
    dim: int | None = Field(
        default=None,
        title="Dimension",
        description="Length of the vectors it is judged and used with; left out: the longest that was tuned.",
        ge=1,
    )
    search_index: SearchIndexSpec | None = Field(
        default=None, title="Search index", description="An index to be made with the tuned model; left out: none."
    )

    def publishes(self, *, better: bool) -> bool:
        """Say whether a model that is better, or not, is to be put in service."""
        return self.publish == "always" or (self.publish == "if_better" and better)


class EmbedderTuning(Spec):
    """What is tuned, as what, by which data and how; how it is judged, and what becomes of it."""

    name: str = Field(
        default="tuned-embedder",
        title="Name",
        description="Name of the tuning and of what it promotes: 3 to 63 of a-z, 0-9 and -, first a letter, last no "
        "hyphen.",
    )
    description: str = Field(default="", title="Description", description="Free text for the tuning.")
    labels: dict[str, str] = Field(
        default={}, title="Labels", description="Labels of the tuning and its datasets, for example `team: search`."
    )
    base_model: str = Field(
        default="emb://text-embeddings/latest",
        title="Base model",
        description="Embedder to be tuned; without a folder it is that of the credentials.",
    )
    data: TrainingDataSpec = Field(
        default=TrainingDataSpec(
            sources=("examples/tuning/ru/pairs.jsonl",), validation="examples/tuning/ru/validation.jsonl"
        ),
        title="Training data",
        description="What it learns from, and what it is only measured on meanwhile.",
    )
    weights: tuple[float, ...] = Field(
        default=(),
        title="Weights",
        description="How much each of several training files counts, in their order; left out: all the same.",
    )
    parameters: TuningParameters = Field(
        default=TuningParameters(),
        title="Parameters",
        description="How it is tuned; what is left out is the service's choice.",
    )
    golden: JudgementSpec = Field(
        default=JudgementSpec(),
        title="Golden questions",
        description="What base and tuned model are asked; none of it is trained on.",
    )
    use: UseSpec = Field(default=UseSpec(), title="Use", description="What becomes of the tuned model.")
    started_within_s: int = Field(
        default=DAY_S,
        title="Deadline to start, s",
        description="How long to wait while the quota of starts is used up.",
        ge=1,
    )
    tuned_within_s: int = Field(
        default=3 * DAY_S, title="Deadline, s", description="Until it must be finished, queue included.", ge=1
    )

    @field_validator("name")
    @classmethod
    def _safe(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a name that every part of the service takes; take 3 to 63 of a-z, 0-9 and -, the "
                "first a letter, the last not a hyphen"
            )
        return name

    @field_validator("weights")
    @classmethod
    def _above_zero(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        if any(weight <= 0 for weight in weights):
            raise ValueError(f"weights has {min(weights):g}; each must be above 0: leave a file out instead")
        return weights

    @model_validator(mode="after")
    def _weights_fit_the_files(self) -> Self:
        if self.weights and len(self.weights) != len(self.data.sources):
            raise ValueError(
                f"{len(self.weights)} weights for {len(self.data.sources)} training files; give one for each, or none"
            )
        return self

    @model_validator(mode="after")
    def _used_as_tuned(self) -> Self:
        dims = self.parameters.embedding_dims
        if self.use.dim is not None and self.use.dim not in dims:
            raise ValueError(
                f"use.dim {self.use.dim} is not tuned for; take one of parameters.embedding_dims, {list(dims)}, add it "
                "there, or leave use.dim out"
            )
        return self
