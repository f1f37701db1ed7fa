"""Datasets: created, uploaded and validated."""

from clouds.yandex.dataset.client import Datasets, EnsuredDataset
from clouds.yandex.dataset.validation import InvalidDatasetError, ValidationFault

__all__ = [
    "Datasets",
    "EnsuredDataset",
    "InvalidDatasetError",
    "ValidationFault",
]
