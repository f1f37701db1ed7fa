"""The embedder of a version: a model run of the task Embedding, or a Foundation Model."""

from dataclasses import dataclass

from clouds.cloudru.wire.knowledge import Embedder, EmbedderConfiguration, ModelSourceKind
from sandbox.cloudru.model_calls import Model
from sandbox.cloudru.rules.inference import ModelRuns
from sandbox.cloudru.rules.served_model import EMBEDDING_TASKS, FOUNDATION_MODELS
from sandbox.engines.models import ModelShelf
from sandbox.engines.split import CountTokens

FOUNDATION_MODELS_TYPE = "foundationModels"
"""CONFIRMED in the console backend's older body; the other value is INFERRED from it."""
ML_INFERENCE_TYPE = "mlInference"


@dataclass(frozen=True)
class ResolvedEmbedder:
    """What a build needs: whom to call, and how long a text is in its tokens."""

    model: Model
    count_tokens: CountTokens


class Embedders:
    """Looks embedders up."""

    def __init__(self, shelf: ModelShelf, runs: ModelRuns) -> None:
        self._shelf, self._runs = shelf, runs

    def check(self, configuration: EmbedderConfiguration) -> None:
        """Raise ValueError that says why this cannot be an embedder."""
        self._repository(configuration)

    def resolve(self, configuration: EmbedderConfiguration) -> ResolvedEmbedder:
        """Return what a build needs, or raise ValueError."""
        repository, revision = self._repository(configuration)
        count = self._shelf.embedder(repository, revision).count_tokens
        framing = count([""])  # special tokens around a text, which are no part of a chunk

        def count_tokens(text: str) -> int:
            return count([text]) - framing

        return ResolvedEmbedder(model_of(configuration), count_tokens)

    def wire(self, configuration: EmbedderConfiguration) -> Embedder:
        """Return the embedder as a knowledge base reports it; that of a run that is gone keeps its id."""
        if not configuration.model_run_id:
            name = configuration.model_name or ""
            return Embedder(name=name, type=FOUNDATION_MODELS_TYPE, model_id=name)
        run = self._runs.find(configuration.model_run_id)
        name = run.name if run else ""
        return Embedder(name=name, type=ML_INFERENCE_TYPE, model_id=configuration.model_run_id)

    def _repository(self, configuration: EmbedderConfiguration) -> tuple[str, str]:
        """Return the repository and revision of the model."""
        if configuration.model_source == ModelSourceKind.FOUNDATION_MODELS:
            if FOUNDATION_MODELS.get(configuration.model_name or "") not in EMBEDDING_TASKS:
                raise ValueError(f"embedder: Foundation Models has no model {configuration.model_name!r}")
            return configuration.model_name or "", "main"
        if configuration.model_source != ModelSourceKind.ML_INFERENCE or not configuration.model_run_id:
            raise ValueError(f"embedder: name a model_run_id with {ModelSourceKind.ML_INFERENCE}")
        run = self._runs.find(configuration.model_run_id)
        if run is None:
            raise ValueError(f"embedder: model run {configuration.model_run_id!r} does not exist")
        if run.task not in EMBEDDING_TASKS:
            raise ValueError(f"embedder: model run {run.name!r} has the task {run.task}, not {EMBEDDING_TASKS[0]}")
        return run.repository, run.revision


def model_of(configuration: EmbedderConfiguration) -> Model:
    """Return whom to call."""
    return Model(run_id=configuration.model_run_id or "", foundation_model=configuration.model_name or "")
