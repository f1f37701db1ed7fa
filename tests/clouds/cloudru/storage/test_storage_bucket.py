"""Buckets and folders, keys and secrets."""

import os
from pathlib import Path

import pytest

from clouds.cloudru.storage import EnsuredBucket, Storage
from clouds.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
)
from tests.clouds.cloudru.storage.control_plane import KEY_SECRET, LOG_GROUP, ControlPlane, StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore, Order

WRONG_SECRET = "wrong-secret-sentinel"


def test_a_bucket_is_created_once_and_adopted_after(
    storage: Storage, control_plane: ControlPlane, s3_data: Path
) -> None:
    """It is registered with the control plane, with the quota that means no limit, and brings its log group."""
    name = f"made-by-the-console-{sum(1 for _ in s3_data.iterdir())}"
    assert storage.ensure_bucket(name) == EnsuredBucket(name, "created", LOG_GROUP)
    assert control_plane.created == [
        {"name": name, "storage_class": "STANDARD", "quotas": [{"type": "BUCKET_SIZE", "value": 0, "unit": "GB"}]}
    ]
    assert storage.ensure_bucket(name) == EnsuredBucket(name, "adopted", LOG_GROUP)
    assert len(control_plane.created) == 1


def test_without_registration_s3_itself_creates_the_bucket(
    storage_at: StorageMaker, s3_url: str, control_plane: ControlPlane, s3_data: Path
) -> None:
    """The assumption `register_bucket` off: the control plane is not asked to create."""
    name = f"made-by-s3-{sum(1 for _ in s3_data.iterdir())}"
    storage = storage_at(s3_url, register_bucket=False)
    assert storage.ensure_bucket(name).action == "created"
    assert control_plane.created == []
    assert (s3_data / name).is_dir()
    assert storage.ensure_bucket(name).action == "adopted"


@pytest.mark.parametrize("code", ["IllegalLocationConstraintException", "MalformedXML", "InvalidLocationConstraint"])
def test_a_store_that_asks_for_the_region_gets_it(storage_at: StorageMaker, odd_store: OddStore, code: str) -> None:
    """First without a region, as the store of Cloud.ru is asked; again with it where that is refused."""
    odd_store.orders += [Order("GET", 404, "NoSuchBucket"), Order("PUT", 400, code)]
    ensured = storage_at(odd_store.url, register_bucket=False).ensure_bucket("made-by-s3")
    (first, second) = odd_store.buckets

    assert ensured.action == "created"
    assert first == ("made-by-s3", b"")
    assert b"<LocationConstraint>ru-central-1</LocationConstraint>" in second[1]


def test_another_refusal_of_a_bucket_is_not_repeated(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """A region would not help there."""
    odd_store.orders += [Order("GET", 404, "NoSuchBucket"), Order("PUT", 403, "AccessDenied")]
    with pytest.raises(PermissionDeniedError, match="rights on Object Storage"):
        storage_at(odd_store.url, register_bucket=False).ensure_bucket("made-by-s3")

    assert len(odd_store.buckets) == 1


def test_a_name_that_another_owner_holds_is_a_conflict(storage: Storage, control_plane: ControlPlane) -> None:
    """The control plane says it exists, our S3 does not have it."""
    control_plane.foreign.add("taken-by-another")
    with pytest.raises(ConflictError, match=r"taken-by-another .*another owner.*Choose another name"):
        storage.ensure_bucket("taken-by-another")


def test_a_refused_look_into_a_foreign_bucket_is_a_conflict(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """AccessDenied on a name that the console does not list: it is somebody else's."""
    odd_store.orders.append(Order("GET", 403, "AccessDenied"))
    with pytest.raises(ConflictError, match="another owner"):
        storage_at(odd_store.url).ensure_bucket("not-in-our-list")


def test_a_refused_look_into_our_own_bucket_is_a_missing_right(
    storage_at: StorageMaker, odd_store: OddStore, bucket: str
) -> None:
    """AccessDenied on a name that the console lists: the key lacks the right."""
    odd_store.orders.append(Order("GET", 403, "AccessDenied"))
    with pytest.raises(PermissionDeniedError, match="rights on Object Storage"):
        storage_at(odd_store.url).ensure_bucket(bucket)


@pytest.mark.parametrize("name", ["Ab", "UPPER-case", "under_score", "-begins", "ends-", "x" * 64, "a/b"])
def test_an_impossible_bucket_name_is_refused(storage: Storage, name: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigurationError, match="3 to 63 lower-case"):
        storage.ensure_bucket(name)


def test_a_folder_marker_is_written_once(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """A zero-byte object whose key ends with a slash, with the canned ACL."""
    storage = storage_at(odd_store.url)
    assert storage.ensure_folder("bucket", "/rag-inference-kb") == "created"
    assert odd_store.objects == {"rag-inference-kb/": b""}
    put = next(headers for method, _, _, headers in odd_store.seen if method == "PUT")
    assert put["x-amz-acl"] == "bucket-owner-full-control"
    assert storage.ensure_folder("bucket", "rag-inference-kb/") == "adopted"
    assert sum(method == "PUT" for method, *_ in odd_store.seen) == 1


def test_the_whole_bucket_needs_no_marker(storage_at: StorageMaker, odd_store: OddStore) -> None:
    """An empty folder is the bucket itself."""
    assert storage_at(odd_store.url).ensure_folder("bucket", "") == "adopted"
    assert odd_store.seen == []


def test_a_wrong_secret_says_what_to_check(storage_at: StorageMaker, s3_url: str, bucket: str) -> None:
    """The server recomputes the signature; neither secret stands in the error."""
    storage = storage_at(s3_url, key_secret=WRONG_SECRET)
    with pytest.raises(AuthenticationError, match=r"SignatureDoesNotMatch.*key secret") as caught:
        storage.ensure_bucket(bucket)
    assert WRONG_SECRET not in f"{caught.value!r} {caught.value}"
    assert KEY_SECRET not in f"{caught.value!r} {caught.value}"


def test_an_unknown_key_says_what_to_check(storage_at: StorageMaker, s3_url: str, bucket: str) -> None:
    """The tenant is part of what S3 calls the key."""
    with pytest.raises(AuthenticationError, match=r"InvalidAccessKeyId.*`tenant:key id`"):
        storage_at(s3_url, key_id="unknown").list_objects(bucket)


@pytest.mark.parametrize("code", ["NoSuchTenant", "AuthorizationQueryParametersError", "RequestTimeTooSkewed"])
def test_other_refusals_of_the_key_are_authentication_errors(
    storage_at: StorageMaker, odd_store: OddStore, code: str
) -> None:
    """Whatever status they come with."""
    odd_store.orders.append(Order("GET", 400, code))
    with pytest.raises(AuthenticationError, match=code):
        storage_at(odd_store.url).list_objects("bucket")


def test_an_unknown_project_is_said_so(storage_at: StorageMaker, s3_url: str) -> None:
    """The tenant cannot be found out."""
    with pytest.raises(NotFoundError, match="project id"):
        storage_at(s3_url, project_id="nobody").ensure_bucket("some-bucket")


def test_a_silent_endpoint_is_a_failed_connection(storage_at: StorageMaker) -> None:
    """Nobody listens on port 9 (discard)."""
    with pytest.raises(ConnectionFailedError, match="storage endpoint"):
        storage_at("http://127.0.0.1:9").list_objects("bucket")


def test_what_the_user_has_configured_for_aws_has_no_say(
    storage: Storage, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile that does not exist, keys of another account, a proxy: all of them are left alone."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    assert storage.list_objects(bucket) == []


def test_the_secret_is_in_no_repr(storage: Storage, bucket: str) -> None:
    """Not of the service, nor of what it is made of."""
    storage.list_objects(bucket)
    storage._sender()
    seen = " ".join(repr(value) for value in (storage, vars(storage), vars(storage._sender()._signer)))
    assert KEY_SECRET not in seen
