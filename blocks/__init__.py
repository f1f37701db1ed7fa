"""Credentials as Prefect blocks: `prefect block register -m blocks`."""

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials

__all__ = ["CloudRuCredentials", "HuggingFaceCredentials"]
