"""Logging: log groups."""

from clouds.cloudru.logs.client import LogGroups

__all__ = [
    "LogGroups",
]
