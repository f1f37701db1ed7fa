"""Object Storage: buckets, folders and documents."""

from collections.abc import Callable, Sequence
from typing import Literal

from clouds.cloudru.storage.shapes import Document, EnsuredBucket, StoredObject, Upload


class Storage:
    """Object Storage of one project. Safe under threads."""

    def ensure_bucket(self, name: str) -> EnsuredBucket:
        """Adopt the bucket or create it; ConflictError when another owner holds the name."""
        raise NotImplementedError

    def ensure_folder(self, bucket: str, folder: str) -> Literal["created", "adopted"]:
        """Adopt the folder marker (a zero-byte object `folder/`) or write it."""
        raise NotImplementedError

    def list_objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """Every object whose key starts with `prefix`, in key order; NotFoundError when there is no such bucket."""
        raise NotImplementedError

    def upload(
        self,
        bucket: str,
        folder: str,
        documents: Sequence[Document],
        on_uploaded: Callable[[int, int], None] | None = None,
    ) -> Upload:
        """Send the documents whose content the folder does not hold yet; any failure raises and names the files."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections."""
        raise NotImplementedError
