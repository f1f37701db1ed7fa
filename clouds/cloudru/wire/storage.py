"""Object Storage's control plane (console backend); objects themselves travel over S3. Source: docs/cloudru-api.md."""

from typing import Any, cast

from pydantic import AliasChoices, AliasPath, Field, model_validator

from clouds.cloudru.wire.base import SnakeWire

REGION = "ru-central-1"
CANNED_ACL = "bucket-owner-full-control"
STORAGE_CLASS = "STANDARD"
ARTIFACTS_PREFIX = "ArtifactsManagedRAG/"
"""Where Managed RAG writes its own files inside the source bucket (CONFIRMED by a third party): never a document."""


class Tenant(SnakeWire):
    """`GET {storage_control}/v2/projects/{project_id}`: the tenant that prefixes every S3 access key id.

    The vendor's own code looks for it in four places.
    """

    tenant_id: str = Field(
        min_length=1,
        validation_alias=AliasChoices(
            "tenant_id", "tenantId", AliasPath("tenant", "id"), AliasPath("data", "tenant_id")
        ),
    )


class BucketQuota(SnakeWire):
    """A limit of a bucket; value 0 means none (INFERRED)."""

    type: str = "BUCKET_SIZE"
    value: int = 0
    unit: str = "GB"


class CreateBucketRequest(SnakeWire):
    """`POST {storage_control}/v1/tenants/{tenant_id}/buckets` -> 200/201 `Bucket`, 409 when it exists."""

    name: str
    storage_class: str = STORAGE_CLASS
    quotas: list[BucketQuota] = [BucketQuota()]


class Bucket(SnakeWire):
    """A bucket as the console backend lists it."""

    name: str
    log_group_id: str = ""


class ListBucketsResponse(SnakeWire):
    """`GET {storage_control}/v1/tenants/{tenant_id}/buckets` -> array or `{buckets|items: [...]}`."""

    buckets: list[Bucket] = Field(validation_alias=AliasChoices("buckets", "items"))

    @model_validator(mode="before")
    @classmethod
    def _bare_or_wrapped(cls, content: Any) -> Any:
        return {"buckets": cast("list[Any]", content)} if isinstance(content, list) else content
