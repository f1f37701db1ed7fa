"""Object Storage (S3): control calls over boto3, transfer of documents over a faster path."""

from clouds.cloudru.storage.client import Storage
from clouds.cloudru.storage.shapes import Document, EnsuredBucket, StoredObject, SyncPlan, Upload

__all__ = ["Document", "EnsuredBucket", "Storage", "StoredObject", "SyncPlan", "Upload"]
