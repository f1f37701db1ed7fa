"""Object Storage: buckets, folders and documents."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr
from upath import UPath

from clouds.cloudru.connection import Connection
from clouds.cloudru.storage.comparison import plan_of
from clouds.cloudru.storage.connection_pool import ConnectionPool
from clouds.cloudru.storage.deletion import delete_objects
from clouds.cloudru.storage.large import abort_unfinished, put_large
from clouds.cloudru.storage.listing import pages
from clouds.cloudru.storage.naming import check_bucket_name, folder_prefix, object_keys
from clouds.cloudru.storage.shapes import Document, EnsuredBucket, StoredObject, SyncPlan, Upload
from clouds.cloudru.storage.signing import Signer
from clouds.cloudru.storage.tenancy import Tenancy
from clouds.cloudru.storage.transfer import Request, Transfer, modified_at
from clouds.cloudru.storage.upload import Batch
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX, REGION
from clouds.errors import (
    APIError,
    CloudError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
)

if TYPE_CHECKING:  # boto3 is imported with the first call
    from clouds.cloudru.storage.boto3_calls import Boto3Calls

OWNED = "BucketAlreadyOwnedByYou"
ASKS_FOR_REGION = frozenset({"IllegalLocationConstraintException", "InvalidLocationConstraint", "MalformedXML"})
"""Codes of a store that creates no bucket without its region. Source: AWS, "Error responses", read 2026-11-30."""


class Storage:
    """Object Storage of one project. Safe under threads.

    Everything is sent by `Transfer`, whose access key id is `tenant:key id`; boto3 writes and reads the calls about
    buckets and cuts large files (`Boto3Calls`). Source: docs/cloudru-api.md, Object Storage.
    """

    def __init__(self, connection: Connection, *, key_id: str, key_secret: SecretStr) -> None:
        """Ask nothing yet: the first call finds out the tenant."""
        self._connection = connection
        self._key_id = key_id
        self._key_secret = key_secret
        self._tenancy = Tenancy(connection)
        self._lock = threading.Lock()
        self._transfer: Transfer | None = None
        self._calls: Boto3Calls | None = None

    @property
    def tenant_id(self) -> str:
        """The tenant of the project, asked for once.

        Raises:
            CloudError: it cannot be found out; NotFoundError when the console knows no such project in Object Storage.

        """
        return self._tenancy.tenant_id

    def ensure_bucket(self, name: str) -> EnsuredBucket:
        """Adopt the bucket or create it.

        Raises:
            ConflictError: another owner holds the name.
            ConfigurationError: not a bucket name.

        """
        found = self.find_bucket(name)
        return self._create_bucket(name) if found is None else found

    def find_bucket(self, name: str) -> EnsuredBucket | None:
        """Return the bucket, None when it has to be created; raises as `ensure_bucket` does, and changes nothing."""
        check_bucket_name(name)
        try:
            self._look_into(name)
        except NotFoundError:
            return None
        except PermissionDeniedError as error:
            raise self._foreign(name, error) from error
        return EnsuredBucket(name, "adopted", self._tenancy.log_group_of(name))

    def created_at(self, bucket: str) -> datetime | None:
        """Return when a bucket was created; None when the tenant has no such bucket."""
        buckets = self._boto3.call("list_buckets").get("Buckets", [])
        return next((entry["CreationDate"] for entry in buckets if entry["Name"] == bucket), None)

    def list_buckets(self) -> tuple[str, ...]:
        """Return the names of the tenant's buckets."""
        return tuple(entry["Name"] for entry in self._boto3.call("list_buckets").get("Buckets", []))

    def ensure_folder(self, bucket: str, folder: str) -> Literal["created", "adopted"]:
        """Adopt the folder marker, a zero-byte object `folder/`, or write it; the whole bucket needs none."""
        key = folder_prefix(folder)
        if not key:
            return "adopted"
        try:
            modified_at(f"HEAD s3://{bucket}/{key}", self._sender().send(Request("HEAD", bucket, key)))
        except NotFoundError:
            self._sender().put(bucket, key, b"")
            return "created"
        return "adopted"

    def list_objects(self, bucket: str, prefix: str = "") -> list[StoredObject]:
        """Every object whose key begins with `prefix`, in key order; NotFoundError when there is no such bucket."""
        return [stored for page in pages(self._sender(), bucket, prefix) for stored in page]

    def equal_documents(self, bucket: str, folder: str) -> tuple[tuple[str, ...], ...]:
        """Return the keys of documents that are equal, by size and ETag, a group for each content; keys in order."""
        prefix = folder_prefix(folder)
        by_content: dict[tuple[int, str], list[str]] = {}
        for page in pages(self._sender(), bucket, prefix):
            for stored in page:
                if not stored.key.endswith("/") and not stored.key.startswith(ARTIFACTS_PREFIX):
                    by_content.setdefault((stored.size_bytes, stored.etag), []).append(stored.key)
        return tuple(tuple(keys) for keys in by_content.values() if len(keys) > 1)

    def sync_plan(
        self, bucket: str, folder: str, documents: Sequence[Document], *, delete_missing: bool = False
    ) -> SyncPlan:
        """Say what must be sent, and with `delete_missing` what must be deleted, until the folder holds the documents.

        Content decides, by size and ETag: times and names have no say. Nothing is changed. Objects of Managed RAG
        itself, and the folder's marker, are never in the plan.

        Raises:
            ConfigurationError: a name that cannot be a key, or a file that cannot be read.

        """
        prefix = folder_prefix(folder)
        keys = object_keys(prefix, documents)
        sender = self._sender()
        return plan_of(
            bucket,
            prefix,
            keys,
            pages(sender, bucket, prefix),
            holds=partial(sender.holds, bucket),
            delete_missing=delete_missing,
        )

    def send(self, plan: SyncPlan, on_uploaded: Callable[[int, int], None] | None = None) -> Upload:
        """Send the documents of a plan, and nothing else. What is missing is left to `delete_objects`.

        `on_uploaded(sent, to be sent)` is called in this thread, a few times a second and at the end.

        Raises:
            ConfigurationError: a file cannot be read.
            CloudError: something was not stored; the message names it. Plan again and run again: it continues.

        """
        return Batch(self._sender(), plan, partial(self._put_large, plan.bucket), on_uploaded).run()

    def folder_modified_at(self, bucket: str, folder: str) -> datetime | None:
        """Return when the folder's marker was written last; None when there is none."""
        try:
            answer = self._sender().get(bucket, folder_prefix(folder), {})
        except NotFoundError:
            return None
        return modified_at(f"the marker of s3://{bucket}/{folder}", answer)

    def digest(self, bucket: str, key: str) -> str:
        """Return the MD5 of an object's content, 32 hex digits; for small ones, which are read whole."""
        content = self._sender().get(bucket, key, {}).body
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def touch_folder(self, bucket: str, folder: str) -> None:
        """Write the folder's marker anew: its time is what remains to be seen of a deletion."""
        self._sender().put(bucket, folder_prefix(folder), b"")

    def upload(
        self,
        bucket: str,
        folder: str,
        documents: Sequence[Document],
        on_uploaded: Callable[[int, int], None] | None = None,
    ) -> Upload:
        """Send the documents whose content the folder does not hold yet (`sync_plan`, `send`); nothing is deleted."""
        return self.send(self.sync_plan(bucket, folder, documents), on_uploaded)

    def delete_objects(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete these keys; those that are not there are deleted.

        Raises:
            APIError: some are not deleted; names them. Run again: it continues with what is left.

        """
        delete_objects(self._sender(), bucket, keys)

    def abort_uploads(self, bucket: str, prefix: str) -> None:
        """Abort the uploads in parts of a run that was killed, of every key that begins with `prefix`.

        Raises:
            NotFoundError: there is no such bucket.
            APIError: some may be left. Run again.

        """
        abort_unfinished(self._boto3, bucket, prefix)

    def delete_bucket(self, name: str) -> None:
        """Delete an empty bucket, and see it gone; one that is not there is deleted.

        Raises:
            ConflictError: it is not empty.
            DeadlineError: it is still there after `assumptions.connection.visible_within_s`.

        """
        try:
            self._boto3.call("delete_bucket", Bucket=name)
        except NotFoundError:
            pass  # the look below sees it, too
        except ConflictError as error:
            raise ConflictError(
                f"bucket {name} is not empty, so it is not deleted: {error.message}",
                error.status,
                error.code,
                error.request_id,
            ) from error
        self._connection.wait_gone(
            lambda: self._look_into(name),
            subject=f"the deletion of bucket {name}",
            words=lambda _: "still there",
        )

    @property
    def sends_acl(self) -> bool:
        """Whether the canned ACL is sent with an object: no longer once the store has refused it."""
        return self._sender().sends_acl

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._transfer is not None:
                self._transfer.close()

    def _look_into(self, bucket: str) -> None:
        # HeadBucket would do, but its refusal has no body: a wrong secret and a foreign bucket would look alike.
        self._boto3.call("list_objects_v2", Bucket=bucket, MaxKeys=1)

    def _create_bucket(self, name: str) -> EnsuredBucket:
        if not self._connection.assumptions.storage.register_bucket:
            try:
                self._create_by_s3(name)
            except ConflictError as error:
                if error.code != OWNED:
                    raise
                return EnsuredBucket(name, "adopted")
            return EnsuredBucket(name, "created")
        if self._tenancy.create_bucket(name):
            return EnsuredBucket(name, "created", self._tenancy.log_group_of(name))
        try:
            self._look_into(name)  # it exists: but is it ours, or has a parallel run just made it?
        except (NotFoundError, PermissionDeniedError) as error:
            raise self._foreign(name, error) from error
        return EnsuredBucket(name, "adopted", self._tenancy.log_group_of(name))

    def _create_by_s3(self, name: str) -> None:
        """Create a bucket without naming a region, and with it where the store asks for one."""
        try:
            self._boto3.call("create_bucket", Bucket=name)
        except APIError as error:
            if error.code not in ASKS_FOR_REGION:
                raise
            region = {"LocationConstraint": REGION}
            self._boto3.call("create_bucket", Bucket=name, CreateBucketConfiguration=region)

    def _foreign(self, name: str, error: NotFoundError | PermissionDeniedError) -> CloudError:
        if self._tenancy.find_bucket(name) is not None:
            return error  # the bucket is ours: it is the key that lacks the right
        return ConflictError(
            f"bucket {name} exists but is not of this project: another owner holds the name. Choose another name "
            f"({error})",
            error.status,
            error.code,
            error.request_id,
        )

    def _put_large(self, bucket: str, key: str, path: UPath, size_bytes: int) -> str:
        return put_large(self._boto3, bucket, key, path, size_bytes)

    @property
    def _boto3(self) -> "Boto3Calls":
        from clouds.cloudru.storage.boto3_calls import Boto3Calls  # noqa: PLC0415  boto3 takes a tenth of a second

        with self._lock:
            if self._calls is None:
                self._calls = Boto3Calls(self._connection.endpoints.storage, self._sender)
            return self._calls

    def _sender(self) -> Transfer:
        with self._lock:
            if self._transfer is None:
                assumptions = self._connection.assumptions.storage
                endpoint = self._connection.endpoints.storage
                host = urlsplit(endpoint).netloc
                self._transfer = Transfer(
                    ConnectionPool(endpoint),
                    Signer(self._access_key_id(), self._key_secret, region=REGION, host=host),
                    send_acl=assumptions.send_acl,
                    etag_is_md5=assumptions.etag_is_md5,
                    redaction=self._connection.redaction,
                    sleep=self._connection.sleep,
                )
            return self._transfer

    def _access_key_id(self) -> str:
        return f"{self._tenancy.tenant_id}:{self._key_id}"
