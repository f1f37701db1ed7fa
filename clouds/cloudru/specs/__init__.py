"""What a user wants to have on Cloud.ru: the console's forms as frozen pydantic models, tutorial values as defaults.

These models are flow parameters too: the Prefect UI shows titles and descriptions as a form.
"""

from clouds.cloudru.specs.extraction import DOCUMENT_EXTENSIONS, EXTENSIONS_OF_KINDS, ExtractorSpec, SplitterSpec
from clouds.cloudru.specs.knowledge import KnowledgeBaseSpec
from clouds.cloudru.specs.models import (
    ConcurrencyScaling,
    FoundationModelSpec,
    InferenceSpec,
    RpsScaling,
    ScalingSpec,
    VllmArgument,
)
from clouds.cloudru.specs.names import BUCKET_NAME_PATTERN
from clouds.cloudru.specs.retrieval import RetrievalSpec

__all__ = [
    "BUCKET_NAME_PATTERN",
    "DOCUMENT_EXTENSIONS",
    "EXTENSIONS_OF_KINDS",
    "ConcurrencyScaling",
    "ExtractorSpec",
    "FoundationModelSpec",
    "InferenceSpec",
    "KnowledgeBaseSpec",
    "RetrievalSpec",
    "RpsScaling",
    "ScalingSpec",
    "SplitterSpec",
    "VllmArgument",
]
