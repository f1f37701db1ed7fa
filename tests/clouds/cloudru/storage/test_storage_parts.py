"""Large objects: a reply that is lost, a run that is killed and a store without the call leave nothing behind."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from clouds.cloudru.assumptions import Assumptions, StorageAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.errors import CloudError, NotFoundError
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order
from tests.clouds.cloudru.storage.test_storage_sandbox import client_of
from tests.support.sandbox_process import SandboxProcess

Write = Callable[[dict[str, bytes]], list[Document]]
LARGE = b"0123456789abcdef" * ((9 << 20) // 16)


def s3_of(sandbox: SandboxProcess) -> Any:
    """Return boto3 at the sandbox: another program that puts objects in parts."""
    return boto3.client(
        "s3",
        endpoint_url=sandbox.base_url,
        region_name="ru-central-1",
        aws_access_key_id=f"{TENANT_ID}:{KEY_ID}",
        aws_secret_access_key=KEY_SECRET,
        config=Config(s3={"addressing_style": "path"}),
    )


def unfinished(sandbox: SandboxProcess, bucket: str) -> list[str]:
    """Return the keys of uploads that are begun and not ended."""
    return [upload["Key"] for upload in s3_of(sandbox).list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


@pytest.mark.parametrize("skip", [0, 1], ids=["the beginning", "the completion"])
@pytest.mark.parametrize("etag_is_md5", [True, False], ids=["ETag", "metadata"])
def test_a_lost_reply_is_looked_into(sandbox: SandboxProcess, write: Write, skip: int, *, etag_is_md5: bool) -> None:
    """The work was done, its reply lost: the object is stored once, the upload succeeds, and no parts are left."""
    sandbox.reset()
    with CloudRuClient(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        project_id=PROJECT_ID,
        endpoints=sandbox.endpoints,
        assumptions=Assumptions(storage=StorageAssumptions(etag_is_md5=etag_is_md5)),
        sleep=lambda _: None,
    ) as client:
        bucket = client.storage.ensure_bucket(f"parts-lost-{skip}-{etag_is_md5}".lower()).name
        sandbox.fault(r"large\.txt$", method="POST", skip=skip, drop="after")
        documents = write({"large.txt": LARGE})
        assert client.storage.upload(bucket, "kb", documents).uploaded == ("kb/large.txt",)
        assert sandbox.all_faults_used()
        assert unfinished(sandbox, bucket) == []
        assert client.storage.upload(bucket, "kb", documents).kept == ("kb/large.txt",)


def test_parts_of_a_killed_run_are_removed(sandbox: SandboxProcess, write: Write) -> None:
    """The next run that puts this key aborts them; those of another key may be somebody's who is at work."""
    sandbox.reset()
    s3 = s3_of(sandbox)
    with client_of(sandbox) as client:
        bucket = client.storage.ensure_bucket("parts-killed").name
        for key in ("kb/large.txt", "kb/large.txt", "kb/large.txt.other"):
            upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x")
        client.storage.upload(bucket, "kb", write({"large.txt": LARGE}))
        assert unfinished(sandbox, bucket) == ["kb/large.txt.other"]


def test_the_uploads_of_a_folder_are_aborted(sandbox: SandboxProcess) -> None:
    """Of that folder only, and twice is as good as once."""
    sandbox.reset()
    s3 = s3_of(sandbox)
    with client_of(sandbox) as client:
        bucket = client.storage.ensure_bucket("parts-of-a-folder").name
        client.storage.abort_uploads(bucket, "kb/")
        for key in ("kb/a.txt", "kb/ru/вопросы & ответы.txt", "kb-2/a.txt"):
            s3.create_multipart_upload(Bucket=bucket, Key=key)
        for _ in range(2):
            client.storage.abort_uploads(bucket, "kb/")
            assert unfinished(sandbox, bucket) == ["kb-2/a.txt"]
        with pytest.raises(NotFoundError):
            client.storage.abort_uploads("never-made", "kb/")


def test_no_such_upload_and_no_such_object_is_a_failure(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """Somebody else aborted the upload: it is not taken for one that was completed."""
    odd_store.orders.append(Order("POST", 404, "NoSuchUpload", having="uploadId"))
    with pytest.raises(CloudError, match=r"not stored: kb/large\.txt.*NoSuchUpload"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"large.txt": LARGE}))


def test_no_such_upload_and_another_object_is_a_failure(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """What lies under the key is of before: it is not what was sent."""
    odd_store.objects["kb/large.txt"] = LARGE[::-1]
    odd_store.orders.append(Order("POST", 404, "NoSuchUpload", having="uploadId"))
    with pytest.raises(CloudError, match=r"not stored: kb/large\.txt.*NoSuchUpload"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"large.txt": LARGE}))


def test_a_store_that_does_not_list_uploads_is_put_into(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """There is nothing to be found out, and no reason to fail."""
    odd_store.always.append(Order("GET", 501, "NotImplemented", having="uploads"))
    storage = storage_at(odd_store.url)
    assert storage.upload("bucket", "kb", write({"large.txt": LARGE})).uploaded == ("kb/large.txt",)
    storage.abort_uploads("bucket", "kb/")
