"""Buckets of the services themselves: Yandex's datasets lie in the same store, and are no bucket of a user's."""

import contextlib
from typing import Any

from botocore.exceptions import ClientError

DRAFTS = "ai-fomo-drafts-prod"
"""Uploads of datasets, under `<folder>/<dataset id>`. Source: docs/yandex-api.md, recorded upload."""
DATASETS = "ai-fomo-datasets"
"""Datasets as they are kept; the name is the sandbox's own."""
METRICS = "ai-fomo-metrics"
"""Events of tunings, zipped; the name is the sandbox's own."""
FILES = "ai-assistants-files"
"""Files that indexes are made of; the name is the sandbox's own."""
SERVICE_BUCKETS = (DRAFTS, DATASETS, METRICS, FILES)


def make_bucket(s3: Any, name: str) -> None:
    """Make a bucket unless it is there."""
    with contextlib.suppress(ClientError):
        s3.head_bucket(Bucket=name)
        return
    with contextlib.suppress(s3.exceptions.BucketAlreadyExists, s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=name)
