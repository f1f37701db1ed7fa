"""Bucket and documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.storage import Document, EnsuredBucket, SyncPlan, Upload
from domain.keys import artifact_key
from tasks.run.progress import progress
from tasks.run.steps import LOOK_FIRST, step


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
    cloudru: CloudRuCredentials,
    bucket: EnsuredBucket,
    folder: str,
    documents: Sequence[Document],
    found: SyncPlan | None = None,
) -> StoredDocuments:
    """Write the folder marker and every document whose content the folder does not hold yet.

    `found` is what a comparison with the folder has found already; without it they are compared now.
    """
    storage = cloudru.get_client().storage
    action = storage.ensure_folder(bucket.name, folder)
    plan = found or storage.sync_plan(bucket.name, folder, documents)
    with progress(
        artifact_key("upload-documents", cloudru.project_id, bucket.name),
        f"Documents to {bucket.name}/{folder}",
        total=len(documents),
    ) as advance:

        def on_uploaded(sent: int, _to_send: int) -> None:
            advance(len(plan.same) + sent, f"{len(plan.same) + sent} of {len(documents)} documents")

        on_uploaded(0, 0)
        upload = storage.send(plan, on_uploaded)
    return StoredDocuments(bucket.name, folder, action, upload)
