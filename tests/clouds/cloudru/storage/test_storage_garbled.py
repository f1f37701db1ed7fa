"""What comes in place of a store's answer is never read as an empty bucket, nor as one that is not ours."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from clouds.cloudru.storage import Storage
from clouds.errors import AuthenticationError, CloudError, ConnectionFailedError, GarbledAnswerError, WrongAnswerError
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order
from tests.clouds.wire_server import Told, WireServer

READS: dict[str, Callable[[Storage], Any]] = {
    "listing": lambda storage: storage.list_objects("bucket"),
    "looking into": lambda storage: storage.find_bucket("bucket"),
    "age": lambda storage: storage.created_at("bucket"),
    "uploads": lambda storage: storage.abort_uploads("bucket", ""),
    "folder's time": lambda storage: storage.folder_modified_at("bucket", "kb"),
    "deletion of a bucket": lambda storage: storage.delete_bucket("bucket"),
}
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
TRUNCATED = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("body", [b"{}", b"null", PAGE, b"<a><b>"], ids=["{}", "null", "page", "other XML"])
def test_no_answer_of_a_store_is_named(storage_at: StorageMaker, vendor: WireServer, read: str, body: bytes) -> None:
    """Every read ends with one error of ours that shows what came and where to look."""
    for method in ("GET", "DELETE", "HEAD"):
        vendor.tell(method, ".*", Told(body))
    kind = GarbledAnswerError if body == PAGE else WrongAnswerError
    with pytest.raises(kind, match=r"Check the storage endpoint|answered 200 with b|without Last-Modified"):
        READS[read](storage_at(vendor.url))


def test_a_page_is_asked_past(storage_at: StorageMaker, vendor: WireServer) -> None:
    """The next attempt has the store's own answer."""
    good = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    vendor.tell("GET", "/bucket", Told(PAGE), Told(good))
    assert storage_at(vendor.url).list_objects("bucket") == []


@pytest.mark.parametrize("body", [TRUNCATED, b"<ListBucketResult></ListBucketResult>"])
def test_a_listing_that_does_not_tell_its_end(storage_at: StorageMaker, vendor: WireServer, body: bytes) -> None:
    """Without IsTruncated, or without a token for the next page, it may be a part of the folder."""
    vendor.tell("GET", "/bucket", Told(body))
    with pytest.raises(WrongAnswerError, match="does not tell whether it is whole"):
        storage_at(vendor.url).list_objects("bucket")


def test_a_listing_of_another_folder(storage_at: StorageMaker, vendor: WireServer) -> None:
    """A store, or what stands before it, that passes over the prefix would have what lies elsewhere deleted."""
    fields = "<Size>1</Size><ETag>x</ETag><LastModified>2026-11-30T00:00:00Z</LastModified>"
    body = f"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>b/1</Key>{fields}</Contents>"
    vendor.tell("GET", "/bucket", Told(f"{body}</ListBucketResult>".encode()))
    with pytest.raises(WrongAnswerError, match="brought b/1, which lies elsewhere"):
        storage_at(vendor.url).sync_plan("bucket", "a/", [], delete_missing=True)


@pytest.mark.parametrize("fields", ["<Key>b/1</Key><UploadId>1</UploadId>", "<Key>a/1</Key><UploadId></UploadId>"])
def test_only_uploads_below_the_prefix_are_aborted(storage_at: StorageMaker, vendor: WireServer, fields: str) -> None:
    """One of another folder is somebody else's, and a DELETE without the upload's id would delete the object."""
    body = f"<ListMultipartUploadsResult><Upload>{fields}</Upload></ListMultipartUploadsResult>"
    vendor.tell("GET", "/bucket", Told(body.encode()))
    vendor.tell("DELETE", ".*", Told(b"deleted"))
    storage_at(vendor.url).abort_uploads("bucket", "a/")


def test_a_folder_is_not_adopted_from_a_page(storage_at: StorageMaker, vendor: WireServer) -> None:
    """A HEAD has no body: what a store always says of an object must be there."""
    vendor.tell("HEAD", ".*", Told(b""))
    with pytest.raises(WrongAnswerError, match="without Last-Modified"):
        storage_at(vendor.url).ensure_folder("bucket", "kb")


def test_a_body_without_end(storage_at: StorageMaker, odd_store: OddStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunked body tells no length: it is read up to a size, and up to a time."""
    odd_store.chunked = True
    odd_store.objects = {f"kb/{number}.txt": b"" for number in range(50)}
    storage = storage_at(odd_store.url)
    for name, value, said in (
        ("LONGEST_ANSWER_BYTES", 1000, "more than 1000 bytes"),
        ("WHOLE_WITHIN_S", -1.0, "had not ended"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"clouds.cloudru.storage.connection_pool.{name}", value)
            with pytest.raises(ConnectionFailedError, match=said):
                storage.list_objects("bucket")
    assert len(storage.list_objects("bucket")) == 50


def test_a_clock_that_is_two_hours_off_is_named(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """The store says AccessDenied, which would else mean that another owner holds the name."""
    odd_store.always.append(Order("GET", 403, "AccessDenied"))
    storage = storage_at(odd_store.url)
    storage._sender()._signer.now = lambda: time.time() + 7200
    with pytest.raises(AuthenticationError, match=r"clock is 120 minutes off .*Set the clock"):
        storage.find_bucket("bucket")


@pytest.mark.parametrize("endpoint", ["http://a..b", "http://" + "x" * 64 + ".test"])
def test_an_endpoint_that_is_no_host(storage_at: StorageMaker, endpoint: str) -> None:
    """A label that no name may have is an error of ours."""
    with pytest.raises(CloudError, match="endpoint"):
        storage_at(endpoint).list_objects("bucket")
