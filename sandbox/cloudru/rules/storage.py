"""Object Storage's control plane: the tenant of a project, and buckets that are real S3 buckets too."""

from botocore.exceptions import ClientError

from clouds.cloudru.wire.storage import Bucket, CreateBucketRequest, Tenant
from sandbox.cloudru.rules.logs import LogGroups
from sandbox.errors import GrpcCode, RpcError
from sandbox.host import Host
from sandbox.settings import TENANT_ID


class StorageControl:
    """Makes buckets in the S3 server and registers them."""

    def __init__(self, host: Host, logs: LogGroups) -> None:
        self._host, self._logs = host, logs
        self._kept = host.state.collection("bucket", Bucket)

    def tenant(self) -> Tenant:
        """Return the tenant of the project."""
        return Tenant(tenant_id=TENANT_ID)

    def check_tenant(self, tenant_id: str) -> None:
        """Refuse another tenant."""
        if tenant_id != TENANT_ID:
            raise RpcError(GrpcCode.NOT_FOUND, f"tenant {tenant_id!r} does not exist")

    def create(self, request: CreateBucketRequest) -> Bucket:
        """Make a bucket, or refuse with 409 when there is one of that name, registered or made over S3."""
        try:
            self._host.s3().create_bucket(Bucket=request.name)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
                raise RpcError(GrpcCode.ALREADY_EXISTS, f"bucket {request.name!r} already exists") from error
            raise RpcError(GrpcCode.INVALID_ARGUMENT, f"bucket {request.name!r}: {code}") from error
        log_group_id = self._logs.default_id() if self._host.settings.bucket_has_log_group else ""
        bucket = Bucket(name=request.name, log_group_id=log_group_id)
        self._kept.put(bucket.name, bucket)
        return bucket

    def all(self) -> list[Bucket]:
        """Return the registered buckets that still exist and are listed by now."""
        existing = {bucket["Name"] for bucket in self._host.s3().list_buckets()["Buckets"]}
        return [bucket for bucket in self._kept.listed() if bucket.name in existing]
