"""Secret Management: secrets by path."""

from clouds.cloudru.secret.client import EnsuredSecret, Secrets

__all__ = [
    "EnsuredSecret",
    "Secrets",
]
