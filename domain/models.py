"""A model of a stack: as it is wanted, when it is ready, and as a query names it."""

from clouds.cloudru.inference import ReadyRun
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.inference import ModelRun

ModelSpec = InferenceSpec | FoundationModelSpec
"""A model as a stack wants it: a run of one's own, or one of Foundation Models, which is always there."""
ReadyModel = ReadyRun | FoundationModelSpec
"""A model that answers."""
QueryModel = ModelRun | FoundationModelSpec
"""A model as a query or a knowledge base names it."""


def queried(model: ReadyModel) -> QueryModel:
    """Return a model that answers as a query names it."""
    return model.run if isinstance(model, ReadyRun) else model
