"""The small tests of a probe: each makes one thing, measures, and deletes what it made."""

import hashlib
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from upath import UPath

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.spellings import NOT_THERE
from clouds.cloudru.storage import Document
from clouds.errors import APIError, QuotaError
from clouds.extras import optional_yandex
from clouds.polling import wait_until
from clouds.yandex.wire.uris import EmbedderUri
from domain.probing.made import Made
from domain.probing.seen import Measured
from domain.probing.small_tests import BUCKET, EMBEDDINGS, FILE, SECRET, SmallTest
from domain.probing.yandex import allowed_calls
from tasks.run.looks import Looked, Looker
from tasks.run.probe_left import begin, end, left_behind
from tasks.run.steps import step

with optional_yandex():
    from clouds.yandex.client import YandexClient
    from clouds.yandex.search import Document as File

SEEN_WITHIN_S = 300.0
CONTENT = b"probe"
FOLDER = "probe/"
EMBEDDER = "text-search-query"
WORD = "да"
AT_ONCE = 1000
"""Calls a second: the client sends one a millisecond then."""


@step("small tests", persist_result=False)
def make_tests(
    cloud: CloudRuCredentials | YandexCloudCredentials, looked: Looked, tests: Sequence[SmallTest]
) -> Looked:
    """Make these tests and return what was seen with them; what could not be deleted is named in `left`.

    What a probe that was killed has left is deleted first.
    """
    looker, measured, left = Looker(), Measured(), list[Made]()
    for made in left_behind(cloud):
        _remove(cloud, made, looker, left)
    if isinstance(cloud, CloudRuCredentials):
        if SECRET in tests:
            measured = _secret(cloud, measured, looker, left)
        if BUCKET in tests:
            measured = _bucket(cloud, measured, looker, left)
    else:
        if FILE in tests:
            measured = _file(cloud, measured, looker, left)
        if EMBEDDINGS in tests:
            measured = _embeddings(cloud, measured, looker)
    seen = replace(looked.seen, answers=(*looked.seen.answers, *looker.recorder.answers), measured=measured)
    return replace(
        looked,
        seen=seen,
        calls=(*looked.calls, *looker.rows),
        tests=tuple(test.name for test in tests),
        left=tuple(left),
    )


def _secret(cloud: CloudRuCredentials, measured: Measured, looker: Looker, left: list[Made]) -> Measured:
    path = f"probe_{secrets.token_hex(4)}"
    secret = Made("secret", path)
    begin(cloud, secret)
    with cloud.connect(looker.recorder) as client:
        made = looker.ask(f"create the secret {path}", lambda: client.secrets.ensure(path, _value()))
        took_s = (
            looker.ask(f"find the secret {path}", lambda: _seen_after_s(lambda: client.secrets.find(path)))
            if made
            else None
        )
        _delete(cloud, secret, lambda: client.secrets.delete(path), looker, left)
    return _slower(measured, took_s)


def _value() -> SecretStr:
    return SecretStr(secrets.token_hex(16))


def _bucket(cloud: CloudRuCredentials, measured: Measured, looker: Looker, left: list[Made]) -> Measured:
    """Make a bucket as the block says, in the other way where that call is not known, and put one object into it."""
    name, md5 = f"probe-{secrets.token_hex(6)}", hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    way = cloud.assumptions.storage.register_bucket
    bucket = Made("bucket", name)
    begin(cloud, bucket)
    for register in (way, not way):
        # ETags are compared here and not by the client, which would take another one for a damaged object.
        with _storing(cloud, register_bucket=register, etag_is_md5=False, send_acl=True).connect(
            looker.recorder
        ) as client:
            unknown: list[bool] = []
            made = looker.ask(f"create the bucket {name}", lambda c=client, u=unknown: _made(c, name, u))
            if made:
                took_s = looker.ask(
                    f"find the bucket {name}", lambda c=client: _seen_after_s(lambda: name in c.storage.list_buckets())
                )
                stored = looker.ask(f"put an object into {name}", lambda c=client: _put(c, name))
                measured = replace(
                    _slower(measured, took_s),
                    bucket_registered=register if stored is not None else None,
                    acl_taken=client.storage.sends_acl if stored is not None else None,
                    etag_is_md5=stored == md5 if stored is not None else None,
                )
            if not unknown:
                _delete(cloud, bucket, lambda c=client: _remove_bucket(c, name), looker, left)
                return measured
    end(cloud, bucket)  # neither call is known: nothing was made
    return measured


def _made(client: CloudRuClient, name: str, unknown: list[bool]) -> bool:
    """Create the bucket; write down in `unknown` that the service does not know the call."""
    try:
        client.storage.ensure_bucket(name)
    except APIError as error:
        unknown += [True] * (error.status in NOT_THERE)
        raise
    return True


def _put(client: CloudRuClient, bucket: str) -> str:
    """Put one object and return its ETag."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.txt"
        path.write_bytes(CONTENT)
        client.storage.upload(bucket, FOLDER, [Document(path.name, UPath(path))])
    return client.storage.list_objects(bucket, FOLDER)[0].etag


def _remove_bucket(client: CloudRuClient, name: str) -> None:
    if client.storage.find_bucket(name) is not None:
        client.storage.delete_objects(name, [each.key for each in client.storage.list_objects(name)])
        client.storage.delete_bucket(name)


def _storing(cloud: CloudRuCredentials, **changes: Any) -> CloudRuCredentials:
    storage = cloud.assumptions.storage.model_copy(update=changes)
    return cloud.assuming(cloud.assumptions.model_copy(update={"storage": storage}))


def _file(cloud: YandexCloudCredentials, measured: Measured, looker: Looker, left: list[Made]) -> Measured:
    name = f"probe-{secrets.token_hex(4)}.txt"
    begin(cloud, Made("file", name))
    with cloud.connect(looker.recorder) as client:
        made = looker.ask(f"create the file {name}", lambda: client.files.ensure((File(name, CONTENT),)))
        took_s = None
        if made:
            file_id = made[0].file_id
            took_s = looker.ask(f"find the file {name}", lambda: _seen_after_s(lambda: _is_listed(client, file_id)))
        _delete(cloud, Made("file", name), lambda: _remove_file(client, name), looker, left)
    return _slower(measured, took_s)


def _remove_file(client: "YandexClient", name: str) -> None:
    """Delete the files of this name: one whose creation got no answer may be there too."""
    for file in client.files.list():
        if file.name == name:
            client.files.delete(file.id)


def _is_listed(client: "YandexClient", file_id: str) -> bool:
    return any(file.id == file_id for file in client.files.list())


def _embeddings(cloud: YandexCloudCredentials, measured: Measured, looker: Looker) -> Measured:
    """Send one call more than the quota of a second, all at once and none again later."""
    count = cloud.assumptions.embedding.calls_per_second + 1
    embedding = cloud.assumptions.embedding.model_copy(update={"calls_per_second": AT_ONCE})
    changed = cloud.assuming(cloud.assumptions.model_copy(update={"embedding": embedding}))
    uri = str(EmbedderUri(folder_id=cloud.folder_id, model=EMBEDDER))
    refusals: list[str] = []

    def send(client: "YandexClient") -> None:
        client.embeddings.embed(uri, [WORD], concurrency=1)  # the connection is made before it counts
        try:
            client.embeddings.embed(uri, [WORD] * count, concurrency=count)
        except QuotaError as error:
            refusals.append(error.message)

    with changed.connect(looker.recorder, sleep=lambda _: None) as client:
        sent = looker.ask(f"{count} embeddings of a word at once", lambda: send(client) or True)
    if refusals:
        return replace(measured, embeddings_allowed=allowed_calls(refusals[0]))
    return replace(measured, embeddings_passed=count) if sent else measured


def _seen_after_s(look: Callable[[], object]) -> float:
    """Return the seconds until `look` finds something."""
    start = time.monotonic()
    wait_until(lambda: bool(look()), bool, subject="what was just created", deadline_s=SEEN_WITHIN_S)
    return time.monotonic() - start


def _slower(measured: Measured, took_s: float | None) -> Measured:
    """Keep the longer of two durations."""
    known = [each for each in (measured.visible_s, took_s) if each is not None]
    return replace(measured, visible_s=max(known)) if known else measured


def _delete(
    cloud: CloudRuCredentials | YandexCloudCredentials,
    made: Made,
    delete: Callable[[], None],
    looker: Looker,
    left: list[Made],
) -> None:
    if looker.ask(f"delete the {made}", lambda: delete() or True) is None:
        left.append(made)
    else:
        end(cloud, made)


def _remove(cloud: CloudRuCredentials | YandexCloudCredentials, made: Made, looker: Looker, left: list[Made]) -> None:
    """Delete what an earlier probe has left."""
    if isinstance(cloud, YandexCloudCredentials):
        with cloud.connect(looker.recorder) as client:
            _delete(cloud, made, lambda: _remove_file(client, made.name), looker, left)
        return
    with cloud.connect(looker.recorder) as client:
        remove = client.secrets.delete if made.kind == "secret" else lambda bucket: _remove_bucket(client, bucket)
        _delete(cloud, made, lambda: remove(made.name), looker, left)
