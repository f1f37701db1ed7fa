"""What a folder lacks of the documents, and what it has beyond them: by content, never by time or name alone."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from upath import UPath

from clouds.cloudru.storage.content import size_of
from clouds.cloudru.storage.shapes import Document, StoredObject, SyncPlan
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX

READERS = 8
"""Local files are read faster than two threads can hash them; those of other file systems have to be waited for."""
OBJECTS_AT_ONCE = 125
"""So many comparisons are one job, because handing over a job costs as much as a small file."""
JOBS_AHEAD = 4 * READERS
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def plan_of(
    bucket: str,
    folder: str,
    documents: Mapping[str, Document],
    listed: Iterable[Sequence[StoredObject]],
    *,
    holds: Callable[[StoredObject, UPath, int], bool],
    delete_missing: bool,
) -> SyncPlan:
    """Compare documents, by key, with the pages of the folder's listing; memory grows with the keys alone.

    `holds(object, path, size in bytes)` says whether an object holds a file's content.

    Raises:
        ConfigurationError: a document cannot be read.

    """
    same: list[str] = []
    changed: list[str] = []
    beyond: list[str] = []
    newest = LONG_AGO
    jobs: deque[Future[tuple[list[str], list[str]]]] = deque()

    def gather(most: int) -> None:
        while len(jobs) > most:
            alike, unlike = jobs.popleft().result()
            same.extend(alike)
            changed.extend(unlike)

    with ThreadPoolExecutor(READERS, thread_name_prefix="compare") as pool:
        for page in listed:
            kept = [stored for stored in page if not stored.key.startswith(ARTIFACTS_PREFIX)]
            newest = max([newest, *(stored.modified_at for stored in kept)])
            known = [stored for stored in kept if stored.key in documents]
            beyond += [s.key for s in kept if s.key not in documents and not s.key.endswith("/")]
            for first in range(0, len(known), OBJECTS_AT_ONCE):
                jobs.append(pool.submit(_compare, known[first : first + OBJECTS_AT_ONCE], documents, holds))
            gather(JOBS_AHEAD)
        gather(0)
    new = sorted(documents.keys() - {*same, *changed})
    return SyncPlan(
        bucket=bucket,
        folder=folder,
        new=tuple(new),
        changed=tuple(sorted(changed)),
        same=tuple(sorted(same)),
        missing=tuple(beyond) if delete_missing else (),
        others=() if delete_missing else tuple(beyond),
        documents={key: documents[key] for key in (*new, *changed)},
        newest_modified_at=newest if newest > LONG_AGO else None,
    )


def _compare(
    listed: Sequence[StoredObject],
    documents: Mapping[str, Document],
    holds: Callable[[StoredObject, UPath, int], bool],
) -> tuple[list[str], list[str]]:
    """Return the keys whose objects hold the document's content, and those whose objects hold something else."""
    alike: list[str] = []
    unlike: list[str] = []
    for stored in listed:
        path = documents[stored.key].path
        (alike if holds(stored, path, size_of(path)) else unlike).append(stored.key)
    return alike, unlike
