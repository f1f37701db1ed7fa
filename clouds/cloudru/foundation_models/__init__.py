"""Foundation Models: the vendor's own models."""

from clouds.cloudru.foundation_models.client import FoundationModels

__all__ = [
    "FoundationModels",
]
