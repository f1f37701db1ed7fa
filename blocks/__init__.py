"""Credentials, and stacks under their names, as Prefect blocks: `prefect block register -m blocks`."""

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.stack import ManagedRagStack
from blocks.yandex import YandexCloudCredentials

__all__ = ["CloudRuCredentials", "HuggingFaceCredentials", "ManagedRagStack", "YandexCloudCredentials"]
