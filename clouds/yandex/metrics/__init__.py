"""Metrics of a tuning: the download, its archive, and the event files in it."""

from clouds.yandex.metrics.client import Metrics

__all__ = [
    "Metrics",
]
