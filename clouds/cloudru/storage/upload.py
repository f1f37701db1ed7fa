"""The documents of a plan are sent: in threads, and with one honest ending."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from upath import UPath

from clouds.cloudru.storage.content import PART_BYTES, read, size_of
from clouds.cloudru.storage.shapes import SyncPlan, Upload
from clouds.cloudru.storage.transfer import Transfer
from clouds.errors import CloudError

AT_ONCE = 16
"""Requests at once: 16 x 8 MiB of memory at worst; at 20 ms a request they make 800 a second, the service takes 1000.
Source of the limit: docs/cloudru-api.md, Object Storage."""
NAMED = 10
REPORTED_EVERY_S = 0.2


@dataclass
class Batch:
    """One upload: the documents of `plan`, through `transfer`; `on_uploaded(sent, to be sent)` is called meanwhile.

    `put_large(key, path, size in bytes)` puts what is larger than a part, and returns the Date of the answer.
    """

    transfer: Transfer
    plan: SyncPlan
    put_large: Callable[[str, UPath, int], str]
    on_uploaded: Callable[[int, int], None] | None = None
    _small: deque[str] = field(default_factory=deque[str])
    _large: deque[tuple[str, int]] = field(default_factory=deque[tuple[str, int]])
    _sent: list[str] = field(default_factory=list[str])
    _sent_dates: set[str] = field(default_factory=set[str])
    _failures: dict[str, CloudError] = field(default_factory=dict[str, CloudError])
    _sent_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> Upload:
        """Send them all; after the first failure nothing new is begun.

        Raises:
            CloudError: of the class of the first failure; names what was not stored.

        """
        self._small.extend(self.plan.documents)
        threads = min(AT_ONCE, len(self.plan.documents))
        if threads > 0:
            with ThreadPoolExecutor(threads, thread_name_prefix="upload") as pool:
                working = {pool.submit(self._work) for _ in range(threads)}
                try:
                    while working:
                        done, working = wait(working, REPORTED_EVERY_S)
                        for worker in done:
                            worker.result()
                        self._report()
                finally:
                    self._small.clear()  # after an interrupt no thread begins another
        while self._large and not self._failures:
            key, size_bytes = self._large.popleft()
            self._try(key, lambda: self._put_large(key, size_bytes))  # noqa: B023  # called at once
            self._report()
        if self._failures:
            raise self._failure()
        return self._outcome()

    def _work(self) -> None:
        while self._small and not self._failures:
            try:
                key = self._small.popleft()
            except IndexError:
                return
            self._try(key, lambda: self._put_small(key))  # noqa: B023  # called at once

    def _try(self, key: str, put: Callable[[], None]) -> None:
        try:
            put()
        except CloudError as error:
            with self._lock:
                self._failures[key] = error

    def _put_small(self, key: str) -> None:
        path = self.plan.documents[key].path
        size_bytes = size_of(path)
        if size_bytes > PART_BYTES:
            self._large.append((key, size_bytes))
        else:
            self._count(key, size_bytes, self.transfer.put(self.plan.bucket, key, read(path, 0, size_bytes)))

    def _put_large(self, key: str, size_bytes: int) -> None:
        path = self.plan.documents[key].path
        self._count(key, size_bytes, self.put_large(key, path, size_bytes))

    def _count(self, key: str, size_bytes: int, date: str) -> None:
        with self._lock:
            self._sent.append(key)
            self._sent_bytes += size_bytes
            self._sent_dates.add(date)

    def _report(self) -> None:
        if self.on_uploaded is not None:
            self.on_uploaded(len(self._sent), len(self.plan.documents))

    def _failure(self) -> CloudError:
        first = next(iter(self._failures.values()))
        stored = len(self.plan.same) + len(self._sent)
        wanted = len(self.plan.same) + len(self.plan.documents)
        named = ", ".join(list(self._failures)[:NAMED])
        rest = len(self._failures) - NAMED
        message = (
            f"{stored} of {wanted} documents are stored in {self.plan.bucket}; not stored: {named}"
            f"{f' and {rest} more' if rest > 0 else ''}"
            f"{', and what came after' if stored + len(self._failures) < wanted else ''}. "
            f"{first} Run again: it continues with what is missing."
        )
        return type(first)(message, *first.args[1:])

    def _outcome(self) -> Upload:
        stored_before = self.plan.newest_modified_at
        moments = [_moment(date) for date in self._sent_dates] + ([stored_before] if stored_before else [])
        return Upload(
            uploaded=tuple(sorted(self._sent)),
            kept=self.plan.same,
            size_bytes=self._sent_bytes,
            newest_modified_at=max(moments, default=None),
        )


def _moment(date: str) -> datetime:
    """Return a moment not before the one that the Date header tells in whole seconds; without one, our clock's."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC) + timedelta(seconds=1)
    except ValueError:
        return datetime.now(UTC)
