"""The same client against the sandbox: tenant, registered bucket, folder marker, documents."""

from collections.abc import Callable

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.errors import PermissionDeniedError
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.support.sandbox_process import SandboxProcess

Write = Callable[[dict[str, bytes]], list[Document]]


def client_of(sandbox: SandboxProcess, project_id: str = PROJECT_ID) -> CloudRuClient:
    """Return the client that a user of the sandbox has."""
    return CloudRuClient(key_id=KEY_ID, key_secret=KEY_SECRET, project_id=project_id, endpoints=sandbox.endpoints)


def test_bucket_folder_and_documents_twice(sandbox: SandboxProcess, write: Write) -> None:
    """Created, then adopted: the marker does not stand in the way of what lies below it."""
    files = {"faq.txt": b"question", "ru/вопросы + ответы.txt": "ответ".encode(), "large.txt": b"x" * (17 << 20)}
    documents = write(files)
    with client_of(sandbox) as client:
        storage = client.storage
        made = storage.ensure_bucket("storage-of-the-client")
        assert made.action == "created"
        assert storage.ensure_folder(made.name, "kb/") == "created"
        assert storage.upload(made.name, "kb/", documents).uploaded == tuple(sorted(f"kb/{name}" for name in files))
        assert storage.ensure_bucket(made.name).action == "adopted"
        assert storage.ensure_folder(made.name, "kb/") == "adopted"
        assert storage.upload(made.name, "kb/", documents).kept == tuple(sorted(f"kb/{name}" for name in files))


def test_what_a_probe_reads_of_the_store(sandbox: SandboxProcess, write: Write) -> None:
    """The names of the buckets, the MD5 of an object, which is its ETag, and whether the ACL is still sent."""
    with client_of(sandbox) as client:
        storage = client.storage
        storage.ensure_bucket("storage-of-a-probe")
        storage.upload("storage-of-a-probe", "kb/", write({"faq.txt": b"question"}))
        (stored,) = storage.list_objects("storage-of-a-probe", "kb/faq")
        assert "storage-of-a-probe" in storage.list_buckets()
        assert storage.digest("storage-of-a-probe", stored.key) == stored.etag
        assert storage.sends_acl


def test_a_foreign_project_is_refused(sandbox: SandboxProcess) -> None:
    """Said before anything is created, with what to check."""
    client = client_of(sandbox, "00000000-0000-4000-8000-00000000dead")
    with client, pytest.raises(PermissionDeniedError, match="project id"):
        client.storage.ensure_bucket("never-made")
