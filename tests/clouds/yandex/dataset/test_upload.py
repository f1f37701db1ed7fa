"""Presigned PUTs: retried where that helps, told where it does not, to encrypted places only, secrets unsaid."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from upath import UPath

from clouds.errors import (
    APIError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    PermissionDeniedError,
    UnavailableError,
    WrongAnswerError,
)
from clouds.transport import open_http
from clouds.yandex.dataset.presigned import Content, PresignedUrls
from tests.clouds.yandex.dataset.put_server import PutServer
from tests.support.virtual_time import VirtualTime

DATA = bytes(range(256)) * 9000  # more than two chunks


@pytest.fixture
def content(tmp_path: Path) -> Content:
    """Write a file."""
    path = UPath(tmp_path / "data")
    path.write_bytes(DATA)
    return Content(path, sha256=hashlib.sha256(DATA).hexdigest(), size_bytes=len(DATA))


@pytest.fixture
def urls(time: VirtualTime) -> Iterator[PresignedUrls]:
    """Put on the virtual clock."""
    with open_http() as http:
        yield PresignedUrls(http, time.sleep)


def put(urls: PresignedUrls, url: str, content: Content) -> str:
    """Put the whole file."""
    return urls.put(f"{url}/bucket/key?X-Amz-Signature=sentinel", content, 0, len(DATA), subject="upload of x")


@pytest.mark.parametrize("passing", [503, 500, 429, 408, 0, (400, "RequestTimeout")])
def test_what_passes_is_repeated_from_the_first_byte(
    urls: PresignedUrls, store: PutServer, content: Content, time: VirtualTime, passing: int | tuple[int, str]
) -> None:
    """Every attempt sends all bytes, and the hash counts those that arrived, once."""
    store.answers = [passing, passing]
    assert put(urls, store.url, content) == f'"{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"'
    assert store.bodies == [DATA] * 3
    content.check()
    assert len(time.slept_s) == 2
    assert all(0 <= slept_s <= 2 for slept_s in time.slept_s)


def test_an_answer_with_a_broken_packing_is_no_proof_and_sent_again(content: Content, time: VirtualTime) -> None:
    """What a proxy has spoilt is an error of ours, and passes."""
    answers = [{"Content-Encoding": "gzip"}, {"ETag": '"x"'}]

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        return httpx.Response(200, headers=answers.pop(0), stream=httpx.ByteStream(b"not packed"))

    with open_http(httpx.MockTransport(answer)) as http:
        assert put(PresignedUrls(http, time.sleep), "https://storage.yandexcloud.net", content) == '"x"'
    assert answers == []


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ((403, "AccessDenied"), PermissionDeniedError, "403 AccessDenied: told. The URL may have expired"),
        ((400, "EntityTooLarge"), BadRequestError, "400 EntityTooLarge: told."),
        (301, APIError, "answered 301"),
    ],
)
def test_a_refusal_is_told_at_once(
    urls: PresignedUrls, store: PutServer, content: Content, answer: int, kind: type[APIError], told: str
) -> None:
    """It is sent once; the message quotes code and text, and neither the signature nor the rest of the body."""
    store.answers = [answer]
    with pytest.raises(kind, match=told) as caught:
        put(urls, store.url, content)
    assert len(store.puts) == 1
    assert "sentinel" not in str(caught.value)
    with pytest.raises(ConfigurationError):
        content.check()


def test_a_store_that_stays_away_is_told(
    urls: PresignedUrls, store: PutServer, content: Content, time: VirtualTime
) -> None:
    """Five attempts, with pauses that grow; then the last error."""
    store.answers = [503] * 5
    with pytest.raises(UnavailableError, match="upload of x"):
        put(urls, store.url, content)
    assert (len(store.puts), len(time.slept_s)) == (5, 4)
    with pytest.raises(ConnectionFailedError, match="gave no answer"):
        put(urls, "http://127.0.0.1:1", content)


@pytest.mark.parametrize("url", ["http://storage.example", "ftp://127.0.0.1", "http://127.0.0.1.example"])
def test_data_go_to_encrypted_places_only(urls: PresignedUrls, content: Content, url: str) -> None:
    """Whatever a service answers, training data leave this machine under TLS or not at all."""
    with pytest.raises(WrongAnswerError, match="not encrypted"):
        put(urls, url, content)


def test_an_answer_without_an_etag_is_no_proof(urls: PresignedUrls, store: PutServer, content: Content) -> None:
    """A proxy's 200 is not S3's."""
    store.with_etag = False
    with pytest.raises(WrongAnswerError, match="without an ETag"):
        put(urls, store.url, content)


def test_a_file_that_shrinks_meanwhile_ends_the_upload(urls: PresignedUrls, store: PutServer, content: Content) -> None:
    """The promised length is never filled up."""
    content.path.write_bytes(DATA[:1000])
    with pytest.raises(ConfigurationError, match="changed while it was sent"):
        put(urls, store.url, content)
