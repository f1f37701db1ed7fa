"""What a folder lacks and has too much: found out by content, on a real S3 server."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upath import UPath

from clouds.cloudru.storage import Document, Storage, StoredObject, SyncPlan
from clouds.cloudru.storage.comparison import plan_of
from clouds.cloudru.storage.content import same_content
from clouds.errors import ConfigurationError, NotFoundError, WrongAnswerError
from tests.clouds.cloudru.storage.control_plane import StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order
from tests.clouds.cloudru.storage.test_storage_sandbox import client_of
from tests.support.sandbox_process import SandboxProcess

Write = Callable[[dict[str, bytes]], list[Document]]
MIB = 1 << 20
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def keys(plan: SyncPlan) -> dict[str, tuple[str, ...]]:
    """Return what a plan says, without what is empty."""
    named = {
        "new": plan.new,
        "changed": plan.changed,
        "same": plan.same,
        "missing": plan.missing,
        "others": plan.others,
    }
    return {name: found for name, found in named.items() if found}


def by_etag(stored: StoredObject, path: UPath, size_bytes: int) -> bool:
    """Say whether an object holds a file's content."""
    return same_content(path, size_bytes, stored.etag)


def test_the_four_kinds_are_told_apart(storage: Storage, bucket: str, write: Write) -> None:
    """New, edited without a change of size, untouched, and gone; nothing is changed by asking."""
    storage.upload(bucket, "kb", write({"same.txt": b"same", "edited.txt": b"aaaa", "gone.txt": b"gone"}))
    now = write({"same.txt": b"same", "edited.txt": b"bbbb", "new.txt": b"new"})
    plan = storage.sync_plan(bucket, "kb", now, delete_missing=True)
    assert keys(plan) == {
        "new": ("kb/new.txt",),
        "changed": ("kb/edited.txt",),
        "same": ("kb/same.txt",),
        "missing": ("kb/gone.txt",),
    }
    assert keys(storage.sync_plan(bucket, "kb", now))["others"] == ("kb/gone.txt",)
    assert len(storage.list_objects(bucket)) == 3


def test_after_the_plan_was_carried_out_it_is_empty(storage: Storage, bucket: str, s3_data: Path, write: Write) -> None:
    """Only the difference is sent, what is missing is deleted, and the folder is what the documents are."""
    storage.upload(bucket, "kb", write({"same.txt": b"same", "edited.txt": b"aaaa", "gone.txt": b"gone"}))
    now = write({"same.txt": b"same", "edited.txt": b"bbbb", "new.txt": b"new"})
    plan = storage.sync_plan(bucket, "kb", now, delete_missing=True)
    upload = storage.send(plan)
    storage.delete_objects(bucket, plan.missing)
    assert (upload.uploaded, upload.size_bytes) == (("kb/edited.txt", "kb/new.txt"), 7)
    after = storage.sync_plan(bucket, "kb", now, delete_missing=True)
    assert after.is_empty
    assert sorted(after.leaves) == sorted(plan.leaves)
    assert sorted(path.name for path in (s3_data / bucket / "kb").iterdir()) == ["edited.txt", "new.txt", "same.txt"]


NFD, NFC = "и\u0306од.txt", "йод.txt"


def stored_names(storage: Storage, bucket: str) -> list[str]:
    """Return the names below `kb/`, as they are spelled."""
    return [stored.key.removeprefix("kb/") for stored in storage.list_objects(bucket, "kb/")]


def test_a_file_from_a_mac_is_stored_once(storage: Storage, bucket: str, write: Write) -> None:
    """The name is composed when it is sent, so that Linux and a Mac name one object."""
    storage.upload(bucket, "kb", write({NFD: b"text"}))
    assert stored_names(storage, bucket) == [NFC]
    for name in (NFD, NFC):
        plan = storage.sync_plan(bucket, "kb", write({name: b"text"}), delete_missing=True)
        assert keys(plan) == {"same": (f"kb/{NFC}",)}
        assert storage.upload(bucket, "kb", write({name: b"text"})).kept == (f"kb/{NFC}",)


def test_an_object_that_a_mac_has_named_is_the_document(storage: Storage, bucket: str, write: Write) -> None:
    """It is neither sent beside it nor deleted for it; other content is written into the object that is there."""
    storage._sender().put(bucket, f"kb/{NFD}", b"text")
    plan = storage.sync_plan(bucket, "kb", write({NFC: b"text"}), delete_missing=True)
    assert keys(plan) == {"same": (f"kb/{NFD}",)}
    assert storage.upload(bucket, "kb", write({NFC: b"text"})).kept == (f"kb/{NFD}",)
    plan = storage.sync_plan(bucket, "kb", write({NFC: b"other"}), delete_missing=True)
    assert keys(plan) == {"changed": (f"kb/{NFD}",)}
    storage.send(plan)
    assert stored_names(storage, bucket) == [NFD]
    assert storage.upload(bucket, "kb", write({NFC: b"once more"})).uploaded == (f"kb/{NFD}",)
    assert stored_names(storage, bucket) == [NFD]


def test_what_is_stored_twice_is_one_document_and_one_too_many(storage: Storage, bucket: str, write: Write) -> None:
    """The composed name stays; the other is what the folder holds beyond the documents, whatever is in it."""
    for name, content in ((NFD, b"text"), (NFC, b"old")):
        storage._sender().put(bucket, f"kb/{name}", content)
    plan = storage.sync_plan(bucket, "kb", write({NFD: b"text"}), delete_missing=True)
    assert keys(plan) == {"changed": (f"kb/{NFC}",), "missing": (f"kb/{NFD}",)}
    kept = storage.sync_plan(bucket, "kb", write({NFC: b"old"}))
    assert keys(kept) == {"same": (f"kb/{NFC}",), "others": (f"kb/{NFD}",)}


def test_two_files_of_one_name_in_two_spellings_are_refused(storage: Storage, bucket: str, write: Write) -> None:
    """They would be one object, and look alike in the message: it says how they differ."""
    with pytest.raises(
        ConfigurationError, match=r"is the name of two documents: .*, spelled with letters that are comp"
    ):
        storage.sync_plan(bucket, "kb", write({NFD: b"one", NFC: b"two"}))


def test_a_folder_that_a_mac_has_named_keeps_its_name(storage: Storage, bucket: str, write: Write) -> None:
    """The folder is the stack's own; only names below it are composed."""
    folder = "и\u0306/"
    storage.upload(bucket, folder, write({NFD: b"text"}))
    assert keys(storage.sync_plan(bucket, folder, write({NFC: b"text"}))) == {"same": (f"{folder}{NFC}",)}


def test_equal_documents_are_grouped(storage: Storage, bucket: str, write: Write) -> None:
    """By size and ETag, below the folder alone."""
    storage.upload(bucket, "kb", write({"a.txt": b"one", "b/a.txt": b"one", "c.txt": b"two", "d.txt": b"six"}))
    storage.upload(bucket, "other", write({"a.txt": b"one"})[:1])
    assert storage.equal_documents(bucket, "kb") == (("kb/a.txt", "kb/b/a.txt"),)


def test_a_touched_file_is_the_same(storage: Storage, bucket: str, write: Write) -> None:
    """Times have no say, in either direction."""
    documents = write({"a.txt": b"a"})
    storage.upload(bucket, "kb", documents)
    for moved in (timedelta(days=-365), timedelta(days=365)):
        moment_s = (datetime.now(UTC) + moved).timestamp()
        os.utime(str(documents[0].path), (moment_s, moment_s))
        assert keys(storage.sync_plan(bucket, "kb", documents, delete_missing=True)) == {"same": ("kb/a.txt",)}


def test_a_large_file_is_compared_too(storage: Storage, bucket: str, write: Write) -> None:
    """Sent in parts by us, known again; one changed byte at its end is noticed."""
    data = b"0123456789abcdef" * (17 * MIB // 16)
    storage.upload(bucket, "kb", write({"large.txt": data}))
    assert storage.sync_plan(bucket, "kb", write({"large.txt": data})).same == ("kb/large.txt",)
    assert storage.sync_plan(bucket, "kb", write({"large.txt": data[:-1] + b"!"})).changed == ("kb/large.txt",)


def test_where_etags_tell_nothing_the_metadata_does(
    storage_at: StorageMaker, odd_store: OddStore, write: Write
) -> None:
    """With `etag_is_md5` off a second run finds nothing to do, and an edit of the same size, small and large."""
    odd_store.opaque = True
    storage = storage_at(odd_store.url, etag_is_md5=False)
    large = b"x" * (9 * MIB)
    documents = write({"small.txt": b"small", "large.txt": large})
    assert storage.upload("bucket", "kb", documents).uploaded == ("kb/large.txt", "kb/small.txt")
    assert storage.sync_plan("bucket", "kb", documents).is_empty
    assert storage.upload("bucket", "kb", documents).uploaded == ()
    edited = write({"small.txt": b"SMALL", "large.txt": large[:-1] + b"!"})
    assert storage.sync_plan("bucket", "kb", edited).changed == ("kb/large.txt", "kb/small.txt")


def listed(documents: list[Document], data: bytes, part_bytes: int) -> list[list[StoredObject]]:
    """Return the listing of one object that was put in parts of that size."""
    digests = [
        hashlib.md5(data[first : first + part_bytes], usedforsecurity=False).digest()
        for first in range(0, len(data), part_bytes)
    ]
    etag = f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"
    return [[StoredObject(documents[0].name, len(data), etag, NOW)]]


@pytest.mark.parametrize("part_mib", [5, 8, 10, 16])
def test_it_does_not_matter_who_cut_an_object(write: Write, part_mib: int) -> None:
    """Programs cut at different sizes; the ETag tells only the number of parts."""
    data = bytes(range(256)) * (21 * MIB // 256)
    (document,) = write({"large.txt": data})
    pages = listed([document], data, part_mib * MIB)
    assert plan_of("b", "", {"large.txt": document}, pages, holds=by_etag, delete_missing=True).same == ("large.txt",)
    (document,) = write({"large.txt": data[:-1] + b"!"})
    assert plan_of("b", "", {"large.txt": document}, pages, holds=by_etag, delete_missing=True).changed == (
        "large.txt",
    )


def test_an_object_that_was_cut_in_no_known_way_is_sent_again(write: Write) -> None:
    """Wrongly sent is better than wrongly kept; afterwards it is cut our way and known."""
    data = bytes(range(256)) * (21 * MIB // 256)
    (document,) = write({"large.txt": data})
    pages = listed([document], data, 7 * MIB + 1)
    assert plan_of("b", "", {"large.txt": document}, pages, holds=by_etag, delete_missing=True).changed == (
        "large.txt",
    )


def test_what_managed_rag_keeps_in_the_bucket_is_left_alone(storage: Storage, bucket: str, write: Write) -> None:
    """With the whole bucket as the folder its artefacts are neither documents nor missing."""
    sender = storage._sender()
    sender.put(bucket, "ArtifactsManagedRAG/base/version/chunks.jsonl", b"{}")
    documents = write({"a.txt": b"a"})
    plan = storage.sync_plan(bucket, "", documents, delete_missing=True)
    assert keys(plan) == {"new": ("a.txt",)}
    assert plan.newest_modified_at is None


def test_many_pages_are_one_plan(storage: Storage, bucket: str, write: Write) -> None:
    """2001 objects are three pages; each is compared once."""
    documents = write({f"{number:04}.txt": str(number).encode() for number in range(2001)})
    storage.upload(bucket, "many", documents)
    changed = write({"0000.txt": b"x", "1999.txt": b"1998", "2000.txt": b"2001"})
    plan = storage.sync_plan(bucket, "many", documents[1:-1], delete_missing=True)
    assert plan.changed == ("many/1999.txt",)
    assert plan.missing == ("many/0000.txt", "many/2000.txt")
    assert len(plan.same) == 1998
    assert len(changed) == 3


def test_an_empty_plan_asks_for_nothing_to_be_sent(storage: Storage, bucket: str) -> None:
    """And sending it is no error."""
    plan = storage.sync_plan(bucket, "kb", [], delete_missing=True)
    assert plan.is_empty
    assert storage.send(plan).uploaded == ()


def test_a_bad_name_and_a_file_that_is_gone_are_named(storage: Storage, bucket: str, write: Write) -> None:
    """As an upload would name them."""
    with pytest.raises(ConfigurationError, match="does not allow in a key"):
        storage.sync_plan(bucket, "kb", [Document("a:b.txt", UPath("never-read"))])
    storage.upload(bucket, "kb", write({"gone.txt": b"x"}))
    with pytest.raises(ConfigurationError, match=r"gone\.txt cannot be read"):
        storage.sync_plan(bucket, "kb", [Document("gone.txt", UPath("/nowhere/gone.txt"))])


def test_a_missing_bucket_is_said_so(storage: Storage) -> None:
    """Before any document is read."""
    with pytest.raises(NotFoundError, match=r"NoSuchBucket.*bucket name"):
        storage.sync_plan("no-such-bucket", "kb", [Document("a.txt", UPath("/nowhere/a.txt"))])


def test_an_answer_that_is_no_listing_is_said_so(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """A page of a proxy would else look like an empty bucket, and everything would be sent again."""
    odd_store.orders.append(Order("GET", 200, "PageOfAProxy"))
    with pytest.raises(
        WrongAnswerError, match=r"brought no ListBucketResult but <\w+> of \d+ bytes\. Check"
    ) as refused:
        storage_at(odd_store.url).sync_plan("bucket", "kb", [])
    assert "b'" not in refused.value.message


def test_a_deletion_leaves_its_time_on_the_folder(sandbox: SandboxProcess) -> None:
    """The marker says when the folder was touched last; without a marker there is no time."""
    with client_of(sandbox) as client:
        storage = client.storage
        bucket = storage.ensure_bucket("folder-times").name
        assert storage.folder_modified_at(bucket, "kb") is None
        storage.touch_folder(bucket, "kb")
        first = storage.folder_modified_at(bucket, "kb")
        assert first is not None
        sandbox.advance(60)
        storage.touch_folder(bucket, "kb")
        again = storage.folder_modified_at(bucket, "kb")
        assert again is not None
        assert again - first >= timedelta(seconds=60)
