"""Credentials, and stacks under their names, as Prefect blocks: `prefect block register -m blocks`."""

from blocks.cloudru import CloudRuConnection, CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.stack import ManagedRagStack
from blocks.yandex import YandexCloudConnection, YandexCloudCredentials

__all__ = [
    "CloudRuConnection",
    "CloudRuCredentials",
    "HuggingFaceCredentials",
    "ManagedRagStack",
    "YandexCloudConnection",
    "YandexCloudCredentials",
]
