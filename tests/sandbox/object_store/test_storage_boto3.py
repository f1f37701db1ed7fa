"""boto3 with every default, over http and over https; over https it sends its checksums in a trailer."""

import base64
import io
import os
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from sandbox.settings import KEY_ID, KEY_SECRET, TENANT_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.tls_front import tls_front

BUCKET = "boto3-with-every-default"
SMALL = "привет".encode() * 1000
LARGE = os.urandom(1 << 20) * 9 + b"the end"
"""More than 8 MB: boto3 sends it in parts."""


@pytest.fixture(scope="module", params=["http", "https"])
def s3(
    request: pytest.FixtureRequest, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Any]:
    """Return a client of which nothing is set but the address and the key."""
    key = {"aws_access_key_id": f"{TENANT_ID}:{KEY_ID}", "aws_secret_access_key": KEY_SECRET}
    region = {"region_name": "ru-central-1"}
    with tls_front(sandbox.base_url, tmp_path_factory.mktemp("tls")) as front:
        if request.param == "https":
            client: Any = boto3.client("s3", endpoint_url=front.url, verify=str(front.certificate), **region, **key)
        else:
            client = boto3.client("s3", endpoint_url=sandbox.base_url, **region, **key)
        if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)
        yield client
        client.close()


def read(s3: Any, key: str) -> bytes:
    """Return an object's content."""
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_put_head_list_copy_delete(s3: Any) -> None:
    """The life of an object; its user metadata and content type stay, and no framing is left in its encoding."""
    s3.put_object(Bucket=BUCKET, Key="a/b c.txt", Body=SMALL, ContentType="text/plain", Metadata={"origin": "here"})
    head = s3.head_object(Bucket=BUCKET, Key="a/b c.txt")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "a/b c.txt"})
    listed = {entry["Key"]: entry["Size"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert read(s3, "a/b c.txt") == read(s3, "copy") == SMALL
    assert (head["ContentLength"], head["ContentType"]) == (len(SMALL), "text/plain")
    assert {name.lower(): value for name, value in head["Metadata"].items()}["origin"] == "here"
    assert "aws-chunked" not in head.get("ContentEncoding", "")
    assert {"a/b c.txt": len(SMALL), "copy": len(SMALL)}.items() <= listed.items()
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a/b c.txt"}, {"Key": "copy"}]})

    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")


@pytest.mark.parametrize("body", [b"", b"x", SMALL], ids=["empty", "byte", "small"])
def test_bodies_of_every_kind(s3: Any, body: bytes) -> None:
    """Bytes and files come back as they were put, an empty one too."""
    s3.put_object(Bucket=BUCKET, Key="bytes", Body=body)
    s3.put_object(Bucket=BUCKET, Key="file", Body=io.BytesIO(body))

    assert read(s3, "bytes") == read(s3, "file") == body


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "parts"])
def test_uploads_of_files(s3: Any, tmp_path: Path, content: bytes) -> None:
    """`upload_file` with the extra arguments of the vendor's setup, and `upload_fileobj`; large ones in parts."""
    path = tmp_path / "document"
    path.write_bytes(content)
    s3.upload_file(
        str(path), BUCKET, "kb/file", ExtraArgs={"StorageClass": "STANDARD", "ACL": "bucket-owner-full-control"}
    )
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "kb/object")

    assert read(s3, "kb/file") == content
    assert read(s3, "kb/object") == content


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_checksum_that_was_chosen(s3: Any, algorithm: str) -> None:
    """Every algorithm that boto3 can compute without its C library."""
    s3.put_object(Bucket=BUCKET, Key="chosen", Body=SMALL, ChecksumAlgorithm=algorithm)

    assert read(s3, "chosen") == SMALL


def test_a_folder_marker(s3: Any) -> None:
    """The console's folder: a zero-byte object whose key ends with a slash."""
    s3.put_object(Bucket=BUCKET, Key="folder/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="folder/")

    assert s3.head_object(Bucket=BUCKET, Key="folder/")["ContentLength"] == 0


def test_presigned_put_and_get(s3: Any) -> None:
    """Links are made by boto3 and used by another client."""
    put, get = (
        s3.generate_presigned_url(call, Params={"Bucket": BUCKET, "Key": "linked"})
        for call in ("put_object", "get_object")
    )
    with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501  # the certificate is of this test
        client.put(put, content=SMALL).raise_for_status()

        assert client.get(get).content == SMALL


def test_a_wrong_checksum_stores_nothing(s3: Any) -> None:
    """What stood there before stays."""
    s3.put_object(Bucket=BUCKET, Key="kept", Body=b"before")
    wrong = base64.b64encode(zlib.crc32(b"something else").to_bytes(4, "big")).decode()
    with pytest.raises(s3.exceptions.ClientError, match="BadDigest"):
        s3.put_object(Bucket=BUCKET, Key="kept", Body=SMALL, ChecksumCRC32=wrong)

    assert read(s3, "kept") == b"before"
