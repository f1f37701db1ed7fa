"""Object Storage (S3): signed requests over kept connections; boto3 does the calls about buckets, and large files."""

from clouds.cloudru.storage.client import Storage
from clouds.cloudru.storage.content import open_document, size_of
from clouds.cloudru.storage.naming import object_keys
from clouds.cloudru.storage.shapes import Document, EnsuredBucket, StoredObject, SyncPlan, Upload

__all__ = [
    "Document",
    "EnsuredBucket",
    "Storage",
    "StoredObject",
    "SyncPlan",
    "Upload",
    "object_keys",
    "open_document",
    "size_of",
]
