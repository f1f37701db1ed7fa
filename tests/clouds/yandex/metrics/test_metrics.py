"""Metrics are taken down from an address that is trusted with nothing: not its size, not its answer."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from clouds.errors import CloudError, ConnectionFailedError, NotFoundError, UnavailableError, WrongAnswerError
from clouds.yandex.metrics import Metrics

ADDRESS = "https://storage.example/metrics.zip?X-Amz-Signature=planted"


def metrics(reply: Callable[[httpx.Request], httpx.Response], url: str | None = ADDRESS) -> Metrics:
    """Return metrics whose address answers with `reply`."""
    return Metrics(httpx.Client(transport=httpx.MockTransport(reply)), lambda _: url)


def test_bytes_arrive_and_nothing_authenticates(tmp_path: Path) -> None:
    """The file is what was served; the address was asked without a token."""
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"PK" * 1000)

    assert metrics(reply).download("ftn1", tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == b"PK" * 1000
    assert [(str(request.url), request.headers.get("authorization")) for request in asked] == [(ADDRESS, None)]


def test_no_metrics_is_an_answer(tmp_path: Path) -> None:
    """A tuning without metrics is told as such, and nothing is asked."""
    assert not metrics(lambda _: httpx.Response(500), None).download("ftn1", tmp_path / "m")


def no_answer(request: httpx.Request) -> httpx.Response:
    """Break the connection."""
    raise httpx.ReadError("reset by planted", request=request)


class Body(httpx.SyncByteStream):
    """A body that is not packed as its header says."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"not gzip"


def packed_wrongly(_: httpx.Request) -> httpx.Response:
    """Lie about the packing."""
    return httpx.Response(200, stream=Body(), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    ("reply", "url", "kind"),
    [
        (lambda _: httpx.Response(200, content=b"x" * 11), ADDRESS, WrongAnswerError),
        (lambda _: httpx.Response(404, text="planted"), ADDRESS, NotFoundError),
        (lambda _: httpx.Response(503), ADDRESS, UnavailableError),
        (no_answer, ADDRESS, ConnectionFailedError),
        (packed_wrongly, ADDRESS, ConnectionFailedError),
        (lambda _: httpx.Response(200), "https://[::", WrongAnswerError),
        (lambda _: httpx.Response(200), ADDRESS.replace("https", "http"), WrongAnswerError),
    ],
    ids=["too large", "expired", "not able", "no answer", "broken packing", "no address", "not encrypted"],
)
def test_what_goes_wrong_is_one_line_without_the_signature(
    tmp_path: Path, reply: Callable[[httpx.Request], httpx.Response], url: str, kind: type[CloudError]
) -> None:
    """Each cause has its class, so that a step knows which to repeat; no message shows the address's permission."""
    with pytest.raises(kind) as failed:
        metrics(reply, url).download("ftn1", tmp_path / "m", limit_bytes=10)
    assert failed.value.message.startswith("metrics of tuning ftn1: ")
    assert "planted" not in failed.value.message
    assert "\n" not in failed.value.message


def test_a_download_without_end_in_time(tmp_path: Path) -> None:
    """Each piece comes in time, the whole does not."""
    now = iter(range(0, 100_000, 1000))
    slow = Metrics(
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 10))),
        lambda _: ADDRESS,
        clock=lambda: next(now) * 10.0,
    )
    with pytest.raises(ConnectionFailedError, match="not whole after 1800 s"):
        slow.download("ftn1", tmp_path / "m")
