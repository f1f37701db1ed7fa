"""Object Storage: a real signed S3 server behind the gateway, and its control plane."""

import hashlib
import io
import os
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from clouds.cloudru.wire.storage import CANNED_ACL, REGION, STORAGE_CLASS
from sandbox.object_store.rclone import find_rclone
from sandbox.settings import GUEST_KEY_ID, GUEST_KEY_SECRET, KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID
from tests.support.sandbox_process import SandboxProcess

CONTROL = "/console.cloud.ru/u-api/s3e-controller"


def s3_client(
    endpoint: str, access_key_id: str = f"{TENANT_ID}:{KEY_ID}", secret: str = KEY_SECRET, **config: Any
) -> Any:
    """Return a boto3 client as the vendor's documentation sets it up."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **config),
    )


@pytest.fixture
def s3(sandbox: SandboxProcess) -> Iterator[Any]:
    """Return a client with the development key."""
    client = s3_client(sandbox.base_url)
    yield client
    client.close()


@pytest.fixture
def bucket(s3: Any) -> str:
    """Return the name of a new bucket."""
    name = f"bucket-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def code_of(call: Any, **arguments: Any) -> str:
    """Return the error code that a call must end with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_objects_come_back_as_they_were_put(s3: Any, bucket: str) -> None:
    """Bytes, non-Latin keys and the canned ACL of the official code."""
    key = "kb/вопросы и ответы+1.txt"
    s3.put_object(Bucket=bucket, Key=key, Body="привет".encode(), ACL=CANNED_ACL, StorageClass=STORAGE_CLASS)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() == "привет"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="kb/")["Contents"]
    assert [(entry["Key"], entry["Size"]) for entry in listed] == [(key, 12)]
    s3.delete_object(Bucket=bucket, Key=key)
    assert code_of(s3.get_object, Bucket=bucket, Key=key) == "NoSuchKey"


@pytest.mark.parametrize("key", ["folder/file.txt", "folder/"])
def test_the_answer_tells_when_it_was_stored(s3: Any, bucket: str, key: str) -> None:
    """The Date is of this second and stands there once: whether an index is older than a document hangs on it."""
    before = datetime.now(UTC).replace(microsecond=0)
    answer = s3.put_object(Bucket=bucket, Key=key)["ResponseMetadata"]["HTTPHeaders"]
    assert before <= parsedate_to_datetime(answer["date"]) <= datetime.now(UTC)


def test_a_folder_marker_and_the_files_in_it(s3: Any, bucket: str) -> None:
    """`kb/` can be put, headed, read and deleted, and does not stand in the way of `kb/a.txt`."""
    assert code_of(s3.head_object, Bucket=bucket, Key="kb/") == "404"
    s3.put_object(Bucket=bucket, Key="kb/", Body=b"")
    s3.put_object(Bucket=bucket, Key="kb/a.txt", Body=b"a")
    s3.put_object(Bucket=bucket, Key="kb/")
    head = s3.head_object(Bucket=bucket, Key="kb/")
    assert (head["ContentLength"], head["ETag"]) == (0, f'"{hashlib.md5(b"").hexdigest()}"')  # noqa: S324  an ETag
    assert s3.get_object(Bucket=bucket, Key="kb/")["Body"].read() == b""
    s3.delete_object(Bucket=bucket, Key="kb/")
    assert code_of(s3.get_object, Bucket=bucket, Key="kb/") == "NoSuchKey"
    assert s3.get_object(Bucket=bucket, Key="kb/a.txt")["Body"].read() == b"a"


def test_a_folder_marker_holds_nothing_and_needs_a_bucket(s3: Any, bucket: str) -> None:
    """Bytes in a marker and a missing bucket are refused, not lost."""
    assert code_of(s3.put_object, Bucket=bucket, Key="kb/", Body=b"bytes") == "InvalidArgument"
    assert code_of(s3.put_object, Bucket="no-such-bucket", Key="kb/") == "NoSuchBucket"
    assert code_of(s3.put_object, Bucket="no-such-bucket", Key="kb") == "NoSuchBucket"


def test_a_bucket_is_deleted_when_nothing_is_in_it(s3: Any, bucket: str) -> None:
    """An object or a marker holds it; folders that had objects do not. One of the same name starts empty."""
    s3.put_object(Bucket=bucket, Key="kb/")
    s3.put_object(Bucket=bucket, Key="kb/ru/вопросы 1/a.txt", Body=b"a")
    assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="kb/")
    assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    assert s3.get_object(Bucket=bucket, Key="kb/ru/вопросы 1/a.txt")["Body"].read() == b"a"
    s3.delete_object(Bucket=bucket, Key="kb/ru/вопросы 1/a.txt")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("key", ["file", "folder/"])
@pytest.mark.parametrize(
    ("access_key_id", "secret", "code"),
    [
        ("no-tenant:" + KEY_ID, KEY_SECRET, "NoSuchTenant"),
        (KEY_ID, KEY_SECRET, "InvalidAccessKeyId"),
        (f"{TENANT_ID}:unknown", KEY_SECRET, "InvalidAccessKeyId"),
        (f"{TENANT_ID}:{KEY_ID}", "wrong", "SignatureDoesNotMatch"),
        (f"{TENANT_ID}:{GUEST_KEY_ID}", GUEST_KEY_SECRET, "AccessDenied"),
    ],
)
def test_the_key_is_checked(
    sandbox: SandboxProcess, bucket: str, access_key_id: str, secret: str, code: str, key: str
) -> None:
    """Each mistake in tenant, key or secret has its published error, for files and for folder markers."""
    client = s3_client(sandbox.base_url, access_key_id, secret)
    assert code_of(client.put_object, Bucket=bucket, Key=key, Body=b"") == code
    assert code_of(client.get_object, Bucket=bucket, Key=key) == code


def test_anonymous_and_virtual_host_requests(sandbox: SandboxProcess, bucket: str) -> None:
    """Without a signature: 400. With the bucket in the host name: no such bucket."""
    anonymous = httpx.get(f"{sandbox.base_url}/{bucket}", headers={"Host": "s3.cloud.ru"})
    assert anonymous.status_code == 400
    assert "<Code>AuthorizationQueryParametersError</Code>" in anonymous.text
    virtual = httpx.get(f"{sandbox.base_url}/a.txt", headers={"Host": f"{bucket}.s3.cloud.ru"})
    assert (virtual.status_code, "<Code>NoSuchBucket</Code>" in virtual.text) == (404, True)


def test_presigned_links(s3: Any, bucket: str) -> None:
    """Signatures in the query work for files and folder markers, and a changed one does not."""
    s3.put_object(Bucket=bucket, Key="f a.txt", Body=b"x")
    s3.put_object(Bucket=bucket, Key="kb/")
    for key, body in (("f a.txt", b"x"), ("kb/", b"")):
        link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        assert httpx.get(link).content == body
        broken = httpx.get(link[:-1] + ("0" if link[-1] != "0" else "1"))
        assert (broken.status_code, "SignatureDoesNotMatch" in broken.text) == (403, True)


@pytest.mark.parametrize("checksums", ["when_required", "when_supported"])
def test_multipart_and_streamed_checksums(sandbox: SandboxProcess, bucket: str, checksums: str) -> None:
    """20 MiB in parts arrive whole, with plain bodies and with a checksum in a header."""
    client = s3_client(sandbox.base_url, request_checksum_calculation=checksums)
    data = os.urandom(1024) * 20 * 1024
    client.upload_fileobj(io.BytesIO(data), bucket, "big.bin")
    client.put_object(Bucket=bucket, Key="small.bin", Body=io.BytesIO(b"x" * 100_000))
    digest = hashlib.sha256(client.get_object(Bucket=bucket, Key="big.bin")["Body"].read()).hexdigest()
    assert digest == hashlib.sha256(data).hexdigest()
    assert client.head_object(Bucket=bucket, Key="small.bin")["ContentLength"] == 100_000


def test_the_vendors_endpoint_through_a_redirect(sandbox: SandboxProcess, bucket: str) -> None:
    """A client that signs for s3.cloud.ru and whose connections end here is understood."""
    client = s3_client("http://s3.cloud.ru", proxies={"http": sandbox.base_url})
    client.put_object(Bucket=bucket, Key="kb/")
    client.put_object(Bucket=bucket, Key="kb/a", Body=b"a")
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_another_client_than_boto3(sandbox: SandboxProcess, bucket: str) -> None:
    """The S3 client of rclone copies a file in and lists it."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": f"{TENANT_ID}:{KEY_ID}", "AWS_SECRET_ACCESS_KEY": KEY_SECRET}
    options = ["--config", "", "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", sandbox.base_url]
    source = sandbox.data_dir / "by-rclone.txt"
    source.write_text("by rclone")
    for command in (["copy", str(source), f":s3:{bucket}/kb"], ["lsf", f":s3:{bucket}/kb"]):
        done = subprocess.run([find_rclone(), *command, *options], env=environment, capture_output=True, check=True)
    assert done.stdout == b"by-rclone.txt\n"


def test_the_gateway_is_faulted_and_logged_too(sandbox: SandboxProcess, s3: Any, bucket: str) -> None:
    """S3 requests meet ordered faults and stand in the request log."""
    sandbox.reset()
    sandbox.fault(f"s3.cloud.ru/{bucket}/x$", method="PUT", status=503)
    assert code_of(s3.put_object, Bucket=bucket, Key="x", Body=b"") == "503"
    s3.put_object(Bucket=bucket, Key="x", Body=b"")
    logged = [(e["host"], e["path"], e["status"], e["mutating"]) for e in sandbox.requests()]
    assert logged == [("s3.cloud.ru", f"/{bucket}/x", 503, True), ("s3.cloud.ru", f"/{bucket}/x", 200, True)]
    assert sandbox.all_faults_used()


def test_the_control_plane(sandbox: SandboxProcess, s3: Any, bucket: str) -> None:
    """The tenant is found, a bucket is made once, is a real S3 bucket, and only registered ones are listed."""
    name = f"registered-{uuid.uuid4()}"
    with sandbox.client() as client:
        tenant = client.get(f"{CONTROL}/v2/projects/{PROJECT_ID}").json()["tenant_id"]
        buckets = f"{CONTROL}/v1/tenants/{tenant}/buckets"
        created = client.post(buckets, json={"name": name, "storage_class": "STANDARD", "quotas": []})
        again = client.post(buckets, json={"name": name})
        of_s3 = client.post(buckets, json={"name": bucket})
        bad = client.post(buckets, json={"name": "X"})
        listed = [entry["name"] for entry in client.get(buckets).json()["buckets"]]
        other = client.get(f"{CONTROL}/v1/tenants/{uuid.uuid4()}/buckets")
        groups = client.get(f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT_ID}/log-groups").json()
    assert (tenant, created.status_code, again.status_code, of_s3.status_code) == (TENANT_ID, 201, 409, 409)
    assert (bad.status_code, other.status_code) == (400, 404)
    assert name in listed
    assert bucket not in listed
    assert created.json()["log_group_id"] in [group["id"] for group in groups["logGroups"]]
    s3.put_object(Bucket=name, Key="a", Body=b"")
