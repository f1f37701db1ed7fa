"""What a folder lacks of the documents, and what it has beyond them: by content, never by time or name alone."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from upath import UPath

from clouds.cloudru.storage.content import size_of
from clouds.cloudru.storage.naming import as_document, as_stored
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

    A document keeps the key under which it is stored, however that spells its name.

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
            named = [(stored, documents.get(as_document(folder, stored.key))) for stored in kept]
            known = [(stored, document.path) for stored, document in named if document is not None]
            beyond += [stored.key for stored, document in named if document is None and not stored.key.endswith("/")]
            for first in range(0, len(known), OBJECTS_AT_ONCE):
                jobs.append(pool.submit(_compare, known[first : first + OBJECTS_AT_ONCE], holds))
            gather(JOBS_AHEAD)
        gather(0)
    stored = as_stored(documents, folder, (*same, *changed))
    beyond += [key for key in (*same, *changed) if key not in stored]  # stored twice, in two spellings of one name
    same, changed = [key for key in same if key in stored], [key for key in changed if key in stored]
    new = sorted(stored.keys() - {*same, *changed})
    return SyncPlan(
        bucket=bucket,
        folder=folder,
        new=tuple(new),
        changed=tuple(sorted(changed)),
        same=tuple(sorted(same)),
        missing=tuple(beyond) if delete_missing else (),
        others=() if delete_missing else tuple(beyond),
        documents={key: stored[key] for key in (*new, *changed)},
        newest_modified_at=newest if newest > LONG_AGO else None,
    )


def _compare(
    listed: Sequence[tuple[StoredObject, UPath]],
    holds: Callable[[StoredObject, UPath, int], bool],
) -> tuple[list[str], list[str]]:
    """Return the keys whose objects hold the document's content, and those whose objects hold something else."""
    alike: list[str] = []
    unlike: list[str] = []
    for stored, path in listed:
        (alike if holds(stored, path, size_of(path)) else unlike).append(stored.key)
    return alike, unlike
