"""Metrics of a tuning, taken down from the address that the service gives. Source: docs/yandex-api.md, Tuning."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from clouds.errors import ConnectionFailedError, WrongAnswerError, api_error
from clouds.yandex.dataset.presigned import check_place

WHOLE_WITHIN_S = 1800.0
LIMIT_BYTES = 256_000_000
"""A day's tuning writes a few megabytes of events."""


class Metrics:
    """The metrics of a folder's tunings."""

    def __init__(
        self,
        http: httpx.Client,
        metrics_url: Callable[[str], str | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `metrics_url` of a task for the address. The address is the permission: `http` must not authenticate."""
        self._http = http
        self._metrics_url = metrics_url
        self._clock = clock

    def download(self, task_id: str, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bool:
        """Write what the address serves to `path`; False when the service has no metrics of the tuning.

        How long an address is good is not published: it is asked for anew each time and used at once. What it serves
        is a zip by all that is known; whether it is one, the reader finds out.

        Raises:
            APIError, ConnectionFailedError: it could not be taken down; no message shows the address's signature.
            WrongAnswerError: the address is not encrypted, or what it serves is over the limit.

        """
        url = self._metrics_url(task_id)
        if url is None:
            return False
        subject, end_s = f"metrics of tuning {task_id}", self._clock() + WHOLE_WITHIN_S
        place = check_place(url, subject)
        try:
            with self._http.stream("GET", url) as response, path.open("wb") as file:
                if not response.is_success:
                    raise api_error(
                        f"{subject}: {place.host} answered {response.status_code}; run again, the address may be old",
                        response.status_code,
                    )
                for piece in response.iter_bytes():
                    if file.tell() + len(piece) > limit_bytes:
                        raise WrongAnswerError(f"{subject}: more than {limit_bytes} bytes; not taken down")
                    if self._clock() > end_s:
                        raise ConnectionFailedError(f"{subject}: not whole after {WHOLE_WITHIN_S:g} s; not taken down")
                    file.write(piece)
        except httpx.RequestError as error:
            raise ConnectionFailedError(f"{subject}: {place.host} gave no answer ({type(error).__name__})") from error
        return True
