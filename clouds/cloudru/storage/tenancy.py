"""Object Storage's control plane: the tenant of a project, and buckets that Managed RAG knows."""

import threading
from urllib.parse import quote

from clouds.cloudru.connection import Connection
from clouds.cloudru.wire.storage import Bucket, CreateBucketRequest, ListBucketsResponse, Tenant
from clouds.create_once import create_once
from clouds.errors import APIError, ConflictError, NotFoundError

EXISTS_TEXT = "already exists"
"""Said of a bucket that exists, whatever the status. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21."""


class Tenancy:
    """What the console knows of a project's storage. Safe under threads: the tenant is asked for once."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._connection = connection
        self._base = connection.endpoints.storage_control.rstrip("/")
        self._lock = threading.Lock()
        self._tenant_id = ""

    @property
    def tenant_id(self) -> str:
        """The tenant that prefixes the access key id.

        Raises:
            CloudError: it cannot be found out; NotFoundError when there is no such project.

        """
        with self._lock:
            if not self._tenant_id:
                url = f"{self._base}/v2/projects/{quote(self._connection.project_id, safe='')}"
                self._tenant_id = self._connection.transport.ask(Tenant, "GET", url).tenant_id
            return self._tenant_id

    def find_bucket(self, name: str) -> Bucket | None:
        """Return the bucket as the console lists it, None when it does not or when it has no such list."""
        try:
            listed = self._connection.transport.ask(ListBucketsResponse, "GET", self._buckets_url())
        except NotFoundError:
            return None
        return next((bucket for bucket in listed.buckets if bucket.name == name), None)

    def log_group_of(self, name: str) -> str | None:
        """Return the log group of the bucket, None when the console tells none."""
        bucket = self.find_bucket(name)
        return (bucket.log_group_id or None) if bucket else None

    def create_bucket(self, name: str) -> bool:
        """Create a bucket and register it; False when it exists already, ours or not."""
        return create_once(
            self._connection,
            lambda: self._post_bucket(name),
            lambda: True if self.find_bucket(name) else None,
            subject=f"bucket {name}",
        )

    def _post_bucket(self, name: str) -> bool:
        try:
            self._connection.transport.request(
                "POST", self._buckets_url(), json=CreateBucketRequest(name=name).to_wire()
            )
        except ConflictError:
            return False
        except APIError as error:
            if EXISTS_TEXT in error.message.lower():
                return False
            raise
        return True

    def _buckets_url(self) -> str:
        return f"{self._base}/v1/tenants/{quote(self.tenant_id, safe='')}/buckets"
