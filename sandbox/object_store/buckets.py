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
TRIES = 5


def make_bucket(s3: Any, name: str) -> None:
    """Make a bucket unless it is there."""
    with contextlib.suppress(ClientError):
        s3.head_bucket(Bucket=name)
        return
    with contextlib.suppress(s3.exceptions.BucketAlreadyExists, s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=name)


def delete_buckets(s3: Any) -> None:
    """Delete every bucket with all that is in it; one that is filled meanwhile is emptied again."""
    for bucket in s3.list_buckets()["Buckets"]:
        for left in reversed(range(TRIES)):
            try:
                _delete_bucket(s3, bucket["Name"])
            except ClientError as error:  # a request that hung has just put something
                if not left or error.response["Error"]["Code"] != "BucketNotEmpty":
                    raise
            else:
                break


def _delete_bucket(s3: Any, name: str) -> None:
    with contextlib.suppress(s3.exceptions.NoSuchUpload):  # rclone's answer for a bucket that never had one
        for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for stored in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=stored["Key"])
    s3.delete_bucket(Bucket=name)
