"""Bucket and documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.storage import Document, EnsuredBucket, Upload
from tasks.progress import progress
from tasks.steps import LOOK_FIRST, step


@dataclass(frozen=True)
class StoredDocuments:
    """A folder of a bucket that holds all documents; `action` is what happened to the folder itself."""

    bucket: str
    folder: str
    action: Literal["created", "adopted"]
    upload: Upload


@step("ensure-bucket", run_name="ensure-bucket {name}", **LOOK_FIRST)
def ensure_bucket(cloudru: CloudRuCredentials, name: str) -> EnsuredBucket:
    """Adopt the bucket or create it."""
    return cloudru.get_client().storage.ensure_bucket(name)


@step("upload-documents", run_name="upload-documents {folder}", **LOOK_FIRST)
def upload_documents(
    cloudru: CloudRuCredentials, bucket: EnsuredBucket, folder: str, documents: Sequence[Document]
) -> StoredDocuments:
    """Write the folder marker and every document whose content the folder does not hold yet."""
    storage = cloudru.get_client().storage
    action = storage.ensure_folder(bucket.name, folder)
    with progress(
        f"upload-documents-{bucket.name}", f"Documents to {bucket.name}/{folder}", total=len(documents)
    ) as advance:
        upload = storage.upload(
            bucket.name,
            folder,
            documents,
            on_uploaded=lambda done, total: advance(done, f"{done} of {total} documents"),
        )
    return StoredDocuments(bucket.name, folder, action, upload)
