"""Objects and buckets are deleted, and what cannot be is said."""

from collections.abc import Callable

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.cloudru.storage.deletion import KEYS_AT_ONCE
from clouds.errors import APIError, ConflictError, PermissionDeniedError, UnavailableError
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order
from tests.clouds.cloudru.storage.test_storage_sandbox import client_of
from tests.support.sandbox_process import SandboxProcess

Write = Callable[[dict[str, bytes]], list[Document]]


def stored(client: CloudRuClient, bucket: str) -> list[str]:
    """Return the keys in the bucket."""
    return [each.key for each in client.storage.list_objects(bucket)]


def test_objects_then_the_bucket(sandbox: SandboxProcess, write: Write) -> None:
    """What is named goes, the rest stays; the bucket goes when it is empty; all of it may be done twice."""
    documents = write(dict.fromkeys(("a.txt", "ru/вопросы 1+2.txt", "stays.txt"), b"text"))
    with client_of(sandbox) as client:
        bucket = client.storage.ensure_bucket("deletion-of-the-client").name
        client.storage.ensure_folder(bucket, "kb/")
        client.storage.upload(bucket, "kb/", documents)
        for _ in range(2):
            client.storage.delete_objects(bucket, ["kb/a.txt", "kb/ru/вопросы 1+2.txt", "kb/", "kb/never-there.txt"])
            assert stored(client, bucket) == ["kb/stays.txt"]
        with pytest.raises(ConflictError, match=f"{bucket} is not empty"):
            client.storage.delete_bucket(bucket)
        assert client.storage.created_at(bucket) is not None
        client.storage.delete_objects(bucket, ["kb/stays.txt"])
        for _ in range(2):
            client.storage.delete_bucket(bucket)
            assert client.storage.created_at(bucket) is None
        client.storage.delete_objects(bucket, ["kb/a.txt"])
        assert client.storage.ensure_bucket(bucket).action == "created"
        assert stored(client, bucket) == []
        client.storage.delete_bucket(bucket)


def test_a_thousand_objects_are_one_request(sandbox: SandboxProcess, write: Write) -> None:
    """Many keys cost no more than a request for each thousand."""
    documents = write({f"{number:04}.txt": b"x" for number in range(30)})
    sandbox.reset()
    with client_of(sandbox) as client:
        bucket = client.storage.ensure_bucket("deletion-of-many").name
        keys = list(client.storage.upload(bucket, "", documents).uploaded)
        before = len(sandbox.requests())
        client.storage.delete_objects(bucket, keys + [f"absent-{number}" for number in range(KEYS_AT_ONCE)])
        assert [r["method"] for r in sandbox.requests()[before:]] == ["POST", "POST"]
        assert stored(client, bucket) == []
        client.storage.delete_bucket(bucket)


def test_the_request_carries_the_md5_of_its_body(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """DeleteObjects must have a digest; MD5 is the one that servers of every age know."""
    storage_at(odd_store.url).delete_objects("bucket", ["a"])
    headers = next(headers for method, _, _, headers in odd_store.seen if method == "POST")
    assert "content-md5" in headers
    assert not any(name.startswith("x-amz-checksum") for name in headers)


@pytest.mark.parametrize(
    ("code", "kind"), [("AccessDenied", PermissionDeniedError), ("SlowDown", UnavailableError), ("Odd", APIError)]
)
def test_a_refused_key_is_named(storage_at: StorageMaker, odd_store: OddStore, code: str, kind: type[APIError]) -> None:
    """The answer is 200 and holds what was refused inside."""
    odd_store.deletes_fail_with = code
    with pytest.raises(kind, match=r"2 of them refused \(a, b\)"):
        storage_at(odd_store.url).delete_objects("bucket", ["a", "b"])


def test_a_store_without_the_call_deletes_one_by_one(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """NotImplemented is no failure: each key is asked for by itself."""
    odd_store.orders.append(Order("POST", 501, "NotImplemented"))
    storage_at(odd_store.url).delete_objects("bucket", ["a", "b", "c/"])
    assert sorted(path for method, path, *_ in odd_store.seen if method == "DELETE") == [
        "/bucket/a",
        "/bucket/b",
        "/bucket/c/",
    ]
