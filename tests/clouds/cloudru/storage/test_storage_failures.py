"""What an upload does when the store misbehaves: nothing half-uploaded is reported as done."""

from collections.abc import Callable

import pytest
from upath import UPath

from clouds.cloudru.storage import Document
from clouds.errors import (
    CloudError,
    ConfigurationError,
    ConnectionFailedError,
    PermissionDeniedError,
    UnavailableError,
    WrongAnswerError,
)
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order

Write = Callable[[dict[str, bytes]], list[Document]]
PART_BYTES = 8 << 20
ACL = "x-amz-acl"


def puts(odd_store: OddStore) -> list[dict[str, str]]:
    """Headers of every PUT."""
    return [headers for method, _, _, headers in odd_store.seen if method == "PUT"]


@pytest.mark.parametrize(
    "order",
    [
        Order("PUT", 500, "InternalError"),
        Order("PUT", 503, "SlowDown"),
        Order("PUT", 400, "BadDigest"),
        Order("PUT", 400, "RequestTimeout"),
        Order("PUT", 0, hang_up=True),
    ],
    ids=lambda order: order.code or "hang up",
)
def test_a_passing_fault_is_repeated(storage_at: StorageMaker, odd_store: OddStore, write: Write, order: Order) -> None:
    """Twice in a row, then stored."""
    odd_store.orders.extend([order, order])
    assert storage_at(odd_store.url).upload("bucket", "kb", write({"a.txt": b"a"})).uploaded == ("kb/a.txt",)
    assert odd_store.objects == {"kb/a.txt": b"a"}
    assert len(puts(odd_store)) == 3
    assert not odd_store.orders


def test_the_store_says_when_to_come_again(
    storage_at: StorageMaker, odd_store: OddStore, write: Write, slept_s: list[float]
) -> None:
    """Retry-After is the pause; one that is longer than a step waits is an error at once."""
    odd_store.orders.append(Order("PUT", 503, "SlowDown", retry_after="30"))
    storage_at(odd_store.url).upload("bucket", "kb", write({"a.txt": b"a"}))
    assert slept_s == [30.0]
    odd_store.always.append(Order("PUT", 503, "SlowDown", retry_after="3600"))
    with pytest.raises(UnavailableError):
        storage_at(odd_store.url).upload("bucket", "kb", write({"b.txt": b"b"}))
    assert slept_s == [30.0]


def test_a_lasting_fault_names_the_file_and_a_new_run_continues(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """Three attempts, then an error of its class that says what is missing; what was stored stays."""
    documents = write({"a.txt": b"a", "b.txt": b"b"})
    storage = storage_at(odd_store.url)
    storage.upload("bucket", "kb", documents[:1])
    odd_store.always.append(Order("PUT", 503, "SlowDown"))
    with pytest.raises(
        UnavailableError, match=r"1 of 2 documents are stored.*not stored: kb/b\.txt.*Run again"
    ) as caught:
        storage.upload("bucket", "kb", documents)
    assert caught.value.code == "SlowDown"
    assert len(puts(odd_store)) == 1 + 3
    odd_store.always.clear()
    again = storage.upload("bucket", "kb", documents)
    assert (again.uploaded, again.kept) == (("kb/b.txt",), ("kb/a.txt",))


def test_after_a_failure_nothing_new_is_begun(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """A refused key would be refused a thousand times: the rest is not tried, and the error says so."""
    odd_store.always.append(Order("PUT", 403, "AccessDenied"))
    documents = write({f"{number:03}.txt": b"x" for number in range(200)})
    with pytest.raises(PermissionDeniedError, match=r"0 of 200 documents are stored.*and what came after"):
        storage_at(odd_store.url).upload("bucket", "kb", documents)
    assert len(puts(odd_store)) <= 32


def test_a_refused_acl_is_left_out_and_that_is_remembered(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """`NotImplemented` with the ACL, stored without it; later objects are sent without from the start."""
    odd_store.always.append(Order("PUT", 501, "NotImplemented", having=ACL))
    storage = storage_at(odd_store.url)
    storage.upload("bucket", "kb", write({"a.txt": b"a"}))
    assert [ACL in headers for headers in puts(odd_store)] == [True, False]
    storage.upload("bucket", "kb", write({"b.txt": b"b"}))
    assert [ACL in headers for headers in puts(odd_store)] == [True, False, False]
    assert set(odd_store.objects) == {"kb/a.txt", "kb/b.txt"}


def test_a_refused_acl_is_left_out_of_large_files_too(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """There it travels with the request that begins the parts."""
    odd_store.always.append(Order("POST", 400, "AccessControlListNotSupported", having=ACL))
    storage_at(odd_store.url).upload("bucket", "kb", write({"a.txt": b"x" * (PART_BYTES + 1)}))
    assert len(odd_store.objects["kb/a.txt"]) == PART_BYTES + 1


def test_no_acl_is_sent_when_it_is_not_wanted(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """The assumption `send_acl` off; the storage class is still said."""
    storage_at(odd_store.url, send_acl=False).upload("bucket", "kb", write({"a.txt": b"a"}))
    assert ACL not in puts(odd_store)[0]
    assert puts(odd_store)[0]["x-amz-storage-class"] == "STANDARD"


def test_a_wrong_etag_is_not_stored(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """200 with another ETag: something else lies there now."""
    odd_store.orders.append(Order("PUT", 200, etag="0" * 32))
    with pytest.raises(WrongAnswerError, match=r"not stored: kb/a\.txt.*etag_is_md5"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"a.txt": b"a"}))


def test_a_store_with_other_etags_can_be_used(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """The assumption `etag_is_md5` off: Content-MD5 still guards the way."""
    odd_store.orders.append(Order("PUT", 200, etag="opaque"))
    storage = storage_at(odd_store.url, etag_is_md5=False)
    assert storage.upload("bucket", "kb", write({"a.txt": b"a"})).uploaded == ("kb/a.txt",)
    assert puts(odd_store)[0]["content-md5"] == "DMF1ucDxtqgxw5niaXcmYQ=="


@pytest.mark.parametrize(
    "order",
    [
        Order("PUT", 403, "AccessDenied", having="partNumber"),
        Order("PUT", 200, etag="0" * 32, having="partNumber"),
        Order("POST", 200, "InternalError", having="uploadId"),
    ],
    ids=["part refused", "part damaged", "error inside a 200"],
)
def test_a_large_file_that_fails_leaves_no_parts(
    storage_at: StorageMaker, odd_store: OddStore, write: Write, order: Order
) -> None:
    """The upload is aborted, so that nobody pays for parts; then it raises."""
    odd_store.orders.append(order)
    with pytest.raises(CloudError, match=r"not stored: kb/large\.txt"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"large.txt": b"x" * (3 * PART_BYTES)}))
    aborted = [query for method, _, query, _ in odd_store.seen if method == "DELETE"]
    assert aborted == [{"uploadId": ["id+1/2="]}]
    assert odd_store.objects == {}


def test_a_file_that_is_gone_is_named(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """Deleted between the check and the upload."""
    with pytest.raises(ConfigurationError, match=r"kb/gone\.txt.*gone\.txt cannot be read: No such file"):
        storage_at(odd_store.url).upload("bucket", "kb", [Document("gone.txt", UPath("/nowhere/gone.txt"))])


def test_chunked_answers_are_read(storage_at: StorageMaker, odd_store: OddStore, write: Write) -> None:
    """With chunk extensions and trailers, on one connection."""
    odd_store.chunked = True
    documents = write({"a.txt": b"a", "large.txt": b"x" * (PART_BYTES + 1)})
    assert storage_at(odd_store.url).upload("bucket", "kb", documents).uploaded == ("kb/a.txt", "kb/large.txt")


def test_an_endpoint_that_speaks_no_http_is_said_so(
    write: Write, storage_at: StorageMaker, odd_store: OddStore
) -> None:
    """The listing still worked, then somebody hangs up four times."""
    odd_store.always.append(Order("PUT", 0, hang_up=True))
    with pytest.raises(ConnectionFailedError, match="closed connection without response"):
        storage_at(odd_store.url).upload("bucket", "kb", write({"a.txt": b"a"}))


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (
            403,
            "Check key id and key secret in the credentials block, and the rights of the service account on the bucket",
        ),
        (404, "Check the bucket's name, and the storage endpoint in the connection block"),
        (503, "The store is not able to answer now: run again, and look at its status if it stays so"),
        (501, "The store does not know this request: check the storage endpoint in the connection block"),
    ],
)
def test_an_answer_without_a_body_says_what_to_do(
    storage_at: StorageMaker, odd_store: OddStore, status: int, advice: str
) -> None:
    """The answer to HEAD has none: that there is no message helps nobody."""
    odd_store.always.append(Order("HEAD", status))
    storage = storage_at(odd_store.url)
    if status == 404:
        odd_store.always.append(Order("PUT", status))
    with pytest.raises(CloudError) as refused:
        storage.ensure_folder("bucket", "kb")
    assert f"s3://bucket/kb/ answered {status}. {advice}" in refused.value.message
    assert "no message" not in refused.value.message
