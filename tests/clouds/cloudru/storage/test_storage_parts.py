"""Large objects: a reply that is lost, a run that is killed and a store without the call leave nothing behind."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from clouds.cloudru.assumptions import Assumptions, StorageAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.errors import CloudError, ConfigurationError, GarbledAnswerError, NotFoundError, WrongAnswerError
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order
from tests.clouds.cloudru.storage.test_storage_sandbox import client_of
from tests.support.sandbox_process import SandboxProcess

Write = Callable[[dict[str, bytes]], list[Document]]
BEGUN = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"
BROKEN = "<CompleteMultipartUploadResult><ETag></CompleteMultipartUploadResult>"
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


def test_what_is_asked_of_the_store(
    storage_at: StorageMaker, odd_store: OddStore, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of 8 MiB with Content-MD5, begun with ACL, class and digest; whatever AWS settings say."""
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    odd_store.opaque = True
    storage_at(odd_store.url, etag_is_md5=False).upload("bucket", "kb", write({"large.txt": LARGE}))

    begun = next(headers for method, _, query, headers in odd_store.seen if method == "POST" and "uploads" in query)
    assert (begun["x-amz-acl"], begun["x-amz-storage-class"]) == ("bucket-owner-full-control", "STANDARD")
    assert begun["x-amz-meta-sha256"] == hashlib.sha256(LARGE).hexdigest()
    parts = [headers for method, _, query, headers in odd_store.seen if method == "PUT" and "partNumber" in query]
    assert sorted(int(headers["content-length"]) for headers in parts) == [1 << 20, 8 << 20]
    assert all("content-md5" in headers for headers in parts)
    assert not any(name.startswith("x-amz-checksum") for headers in parts for name in headers)
    assert odd_store.objects == {"kb/large.txt": LARGE}


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (Order("POST", 200, having="uploads", body="<html>sign in</html>"), GarbledAnswerError),
        (Order("POST", 200, having="uploads", body="{}"), WrongAnswerError),
        (Order("POST", 200, having="uploads", body=BEGUN.replace(">id<", "><")), WrongAnswerError),
        (Order("POST", 200, having="uploadId", body=BROKEN), WrongAnswerError),
        (Order("PUT", 200, having="partNumber"), WrongAnswerError),
    ],
    ids=["a page", "JSON", "no id", "broken XML", "no ETag"],
)
def test_an_answer_that_is_none_is_an_error_of_ours(
    storage_at: StorageMaker, odd_store: OddStore, write: Write, order: Order, kind: type[CloudError]
) -> None:
    """Not an exception of boto3's reader."""
    odd_store.always.append(order)
    with pytest.raises(kind, match=r"not stored: kb/large\.txt"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"large.txt": LARGE}))


def test_a_file_that_becomes_shorter_is_not_stored(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """Cut while it is sent: boto3 alone would store what is left."""
    documents = write({"large.txt": LARGE})
    cut = Order(
        "POST", 200, having="uploads", body=BEGUN, meanwhile=lambda: os.truncate(str(documents[0].path), 8 << 20)
    )
    odd_store.orders.append(cut)
    with pytest.raises(ConfigurationError, match=r"large\.txt became shorter while it was read: 1048576 bytes"):
        storage_at(odd_store.url).upload("bucket", "kb", documents)

    assert odd_store.objects == {}
    assert [query for method, _, query, _ in odd_store.seen if method == "DELETE"] == [{"uploadId": ["id"]}]


def test_an_interrupt_ends_the_upload_and_leaves_no_parts(
    storage_at: StorageMaker, odd_store: OddStore, write: Write, request: pytest.FixtureRequest
) -> None:
    """Ctrl-C while a part is on its way: nothing is completed, and the parts are aborted."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    interrupt = Order("PUT", 503, having="partNumber", meanwhile=lambda: os.kill(os.getpid(), signal.SIGINT))
    odd_store.orders.append(interrupt)
    odd_store.always.append(Order("PUT", 503, having="partNumber"))  # else all may be sent before the signal is seen
    with pytest.raises(KeyboardInterrupt):
        storage_at(odd_store.url).upload("bucket", "kb", write({"large.txt": LARGE * 4}))

    assert odd_store.objects == {}
    assert [query for method, _, query, _ in odd_store.seen if method == "DELETE"] == [{"uploadId": ["id+1/2="]}]


def test_boto3_is_imported_when_it_is_needed() -> None:
    """It takes a tenth of a second, which no import of a flow pays."""
    code = "import sys, clouds.cloudru.client; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
