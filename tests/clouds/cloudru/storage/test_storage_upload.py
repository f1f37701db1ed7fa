"""Upload into a real S3 server."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from upath import UPath

from clouds.cloudru.storage import Document, Storage
from clouds.errors import ConfigurationError, NotFoundError
from tests.clouds.cloudru.storage.control_plane import KEY_ID, KEY_SECRET, TENANT

Write = Callable[[dict[str, bytes]], list[Document]]
PART_BYTES = 8 << 20


def test_what_is_sent_is_what_is_stored(storage: Storage, bucket: str, s3_data: Path, write: Write) -> None:
    """Names with spaces, Cyrillic and signs, in folders, arrive byte for byte."""
    files = {
        "a.txt": b"one",
        "ru/вопросы и ответы.txt": "Сколько?".encode(),
        "sign + & = # % ~ ' ().txt": b"x",
        "empty.txt": b"",
    }
    upload = storage.upload(bucket, "kb", write(files))
    assert upload.uploaded == tuple(sorted(f"kb/{name}" for name in files))
    assert upload.kept == ()
    assert upload.size_bytes == sum(map(len, files.values()))
    assert {name: (s3_data / bucket / "kb" / name).read_bytes() for name in files} == files


def test_a_second_upload_sends_only_what_differs(storage: Storage, bucket: str, write: Write) -> None:
    """Content decides: the same size with other bytes is sent, an untouched file is not, whatever its times."""
    storage.upload(bucket, "kb/", write({"same.txt": b"same", "other.txt": b"aaaa"}))
    again = storage.upload(bucket, "kb/", write({"same.txt": b"same", "other.txt": b"bbbb", "new.txt": b"new"}))
    assert again.uploaded == ("kb/new.txt", "kb/other.txt")
    assert again.kept == ("kb/same.txt",)
    assert again.size_bytes == 7


def test_a_large_file_goes_in_parts_and_is_known_again(
    storage: Storage, bucket: str, s3_data: Path, write: Write
) -> None:
    """Two and a half parts: stored whole; a second upload keeps it, one changed byte sends it again."""
    data = bytes(range(256)) * (PART_BYTES // 256) * 2 + b"the rest"
    documents = write({"large.txt": data, "small.txt": b"small"})
    assert storage.upload(bucket, "kb", documents).uploaded == ("kb/large.txt", "kb/small.txt")
    assert (s3_data / bucket / "kb/large.txt").read_bytes() == data
    assert storage.upload(bucket, "kb", documents).kept == ("kb/large.txt", "kb/small.txt")
    changed = write({"large.txt": b"!" + data[1:]})
    assert storage.upload(bucket, "kb", changed).uploaded == ("kb/large.txt",)


def test_what_boto3_has_uploaded_is_kept(storage: Storage, bucket: str, s3_url: str, write: Write) -> None:
    """A file that the vendor's own script (boto3) put there is not sent again."""
    documents = write({"large.txt": b"x" * (PART_BYTES + 1)})
    theirs = boto3.client(
        "s3",
        endpoint_url=s3_url,
        region_name="ru-central-1",
        aws_access_key_id=f"{TENANT}:{KEY_ID}",
        aws_secret_access_key=KEY_SECRET,
        config=Config(s3={"addressing_style": "path"}),
    )
    theirs.upload_file(str(documents[0].path), bucket, "kb/large.txt")
    assert storage.upload(bucket, "kb", documents).kept == ("kb/large.txt",)


def test_progress_ends_at_the_total_and_is_told_in_the_callers_thread(
    storage: Storage, bucket: str, write: Write
) -> None:
    """A progress artifact can be written from the callback: it never runs in a worker."""
    told: list[tuple[int, int, bool]] = []
    documents = write({f"{number}.txt": b"x" for number in range(50)})
    here = threading.get_ident()
    storage.upload(
        bucket, "kb", documents, lambda done, total: told.append((done, total, threading.get_ident() == here))
    )
    assert told[-1] == (50, 50, True)
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert all(in_caller for _, _, in_caller in told)


def test_newest_is_the_stores_clock(storage: Storage, bucket: str, write: Write) -> None:
    """`newest_modified_at` is the moment of the last object that was kept, and not before that of one that was sent."""
    begun = datetime.now(UTC) - timedelta(seconds=2)
    documents = write({"a.txt": b"a", "b.txt": b"b"})
    first = storage.upload(bucket, "kb", documents).newest_modified_at
    assert first is not None
    kept = storage.upload(bucket, "kb", documents).newest_modified_at
    assert kept == max(stored.modified_at for stored in storage.list_objects(bucket, "kb/"))
    assert kept is not None
    assert begun <= kept <= first <= datetime.now(UTC) + timedelta(seconds=2)


def test_a_document_may_lie_on_any_filesystem(storage: Storage, bucket: str, s3_data: Path) -> None:
    """The memory filesystem of fsspec stands for all that are not local: small and in parts."""
    large = b"0123456789abcdef" * (PART_BYTES // 16) + b"more"
    for name, data in (("small.txt", b"in memory"), ("large.txt", large)):
        UPath(f"memory://storage-test/{name}").write_bytes(data)
    documents = [Document(name, UPath(f"memory://storage-test/{name}")) for name in ("small.txt", "large.txt")]
    storage.upload(bucket, "kb", documents)
    assert (s3_data / bucket / "kb/small.txt").read_bytes() == b"in memory"
    assert (s3_data / bucket / "kb/large.txt").read_bytes() == large
    assert storage.upload(bucket, "kb", documents).kept == ("kb/large.txt", "kb/small.txt")


@pytest.mark.parametrize("character", list(':*?"<>|!'))
def test_a_forbidden_character_is_refused_before_anything_is_sent(
    storage: Storage, bucket: str, write: Write, character: str
) -> None:
    """The good file beside it is not sent either."""
    documents = [*write({"good.txt": b"good"}), Document(f"a{character}b.txt", UPath("never-read"))]
    with pytest.raises(ConfigurationError, match="does not allow in a key"):
        storage.upload(bucket, "kb", documents)
    assert storage.list_objects(bucket) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("я" * 511 + ".txt", "bytes"),
        ("../a.txt", "empty part"),
        ("/a.txt", "empty part"),
        ("a\n.txt", r"holds \\n, which"),
    ],
)
def test_an_impossible_key_is_refused(storage: Storage, bucket: str, name: str, why: str) -> None:
    """1024 bytes, not characters; and a path that climbs out or is not one."""
    with pytest.raises(ConfigurationError, match=why):
        storage.upload(bucket, "kb", [Document(name, UPath("never-read"))])


def test_two_documents_of_one_name_are_refused_naming_both(storage: Storage, bucket: str) -> None:
    """The second would silently replace the first."""
    documents = [Document("a.txt", UPath("/first/a.txt")), Document("a.txt", UPath("/second/a.txt"))]
    with pytest.raises(ConfigurationError, match=r"/first/a\.txt and /second/a\.txt"):
        storage.upload(bucket, "kb", documents)


@pytest.mark.parametrize("folder", ["ArtifactsManagedRAG", "ArtifactsManagedRAG/inside"])
def test_the_services_own_folder_is_never_written(storage: Storage, bucket: str, folder: str) -> None:
    """Managed RAG keeps its artefacts there."""
    with pytest.raises(ConfigurationError, match="belongs to Managed RAG"):
        storage.upload(bucket, folder, [Document("a.txt", UPath("never-read"))])
    with pytest.raises(ConfigurationError, match="belongs to Managed RAG"):
        storage.upload(bucket, "", [Document("ArtifactsManagedRAG/a.txt", UPath("never-read"))])


def test_a_missing_bucket_is_said_so(storage: Storage, write: Write) -> None:
    """The advice is to let the run create it."""
    with pytest.raises(NotFoundError, match=r"NoSuchBucket.*bucket name") as caught:
        storage.upload("no-such-bucket", "kb", write({"a.txt": b"a"}))
    assert caught.value.code == "NoSuchBucket"


def test_nothing_to_upload_is_not_an_error(storage: Storage, bucket: str) -> None:
    """An empty list asks for nothing."""
    assert storage.upload(bucket, "kb", []).newest_modified_at is None


def test_a_listing_spans_pages(storage: Storage, bucket: str, write: Write) -> None:
    """1000 objects are a page; the 1001st is found too, and none is sent twice."""
    documents = write({f"{number:04}.txt": b"x" for number in range(1001)})
    storage.upload(bucket, "many", documents)
    listed = storage.list_objects(bucket, "many/")
    assert [stored.key for stored in listed] == [f"many/{number:04}.txt" for number in range(1001)]
    assert {stored.size_bytes for stored in listed} == {1}
    assert storage.upload(bucket, "many", documents).uploaded == ()
