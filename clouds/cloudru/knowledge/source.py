"""What a version of a knowledge base is built from."""

from dataclasses import dataclass
from datetime import datetime

from clouds.cloudru.specs import FoundationModelSpec
from clouds.cloudru.wire.inference import ModelRun


@dataclass(frozen=True)
class RunToCome:
    """The name of a model run that a plan is going to create."""

    name: str


Embedder = ModelRun | FoundationModelSpec | RunToCome
"""The model that makes the vectors. Only a plan names a run that is not there yet."""


@dataclass(frozen=True)
class IndexSource:
    """A folder of a bucket, the model that makes its vectors, and the log group of the search API.

    `documents_modified_at` is when the newest document was stored, by the store's clock; None where there is none.
    """

    bucket: str
    folder: str
    embedder: Embedder
    log_group_id: str = ""
    documents_modified_at: datetime | None = None
