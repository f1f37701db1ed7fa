"""An answer is read whole or not at all: a bound on its size and on the time that it takes."""

import time
from collections.abc import Callable, Iterator

import httpx

LARGEST_ANSWER_BYTES = 64 * 1024**2
"""As unpacked. A thousand vectors of 4096 numbers make 50 MB."""
WHOLE_WITHIN_S = 180.0
"""From the first byte to the last; how long the first one may take is the request's own timeout."""
LARGEST_REFUSAL_BYTES = 64 * 1024
"""As packed. What an error says stands at its beginning, so that the rest is not read."""
REFUSAL_WITHIN_S = 30.0


class UnboundedAnswerError(Exception):
    """The answer did not end in time or within the size."""


def read_whole(response: httpx.Response, clock: Callable[[], float] = time.monotonic) -> httpx.Response:
    """Return a streamed answer with its content, unpacked.

    Raises:
        UnboundedAnswerError: it is too large, or did not end in time.
        httpx.HTTPError: it broke off, or is not packed as it says.

    """
    end_s = clock() + WHOLE_WITHIN_S
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > LARGEST_ANSWER_BYTES:
            raise UnboundedAnswerError(f"more than {LARGEST_ANSWER_BYTES >> 20} MiB")
        if clock() > end_s:
            raise UnboundedAnswerError(f"it had not ended after {WHOLE_WITHIN_S:g} s")
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in FRAMING]
    return httpx.Response(response.status_code, headers=headers, content=bytes(content), request=response.request)


FRAMING = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that describe the body on its way, which is over."""


def cut_refusals(response: httpx.Response) -> None:
    """Cut the body of an answer that is no success: httpx reads it whole, be it endless, before it asks again."""
    if not response.is_success and isinstance(response.stream, httpx.SyncByteStream):
        response.stream = _Cut(response.stream)


class _Cut(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left, end_s = LARGEST_REFUSAL_BYTES, time.monotonic() + REFUSAL_WITHIN_S
        for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0 or time.monotonic() > end_s:
                return

    def close(self) -> None:
        self._stream.close()
