"""What goes into Object Storage and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upath import UPath


@dataclass(frozen=True)
class Document:
    """A file to store: `name` is its key below the folder, with `/` between parts; `path` may be on any filesystem."""

    name: str
    path: UPath


@dataclass(frozen=True)
class StoredObject:
    """An object as the bucket lists it; `etag` without quotes."""

    key: str
    size_bytes: int
    etag: str
    modified_at: datetime


@dataclass(frozen=True)
class EnsuredBucket:
    """A bucket that exists now; `log_group_id` is None when the control plane tells none."""

    name: str
    action: Literal["created", "adopted"]
    log_group_id: str | None = None


@dataclass(frozen=True)
class Upload:
    """What an upload did: keys sent, keys that already held the same content, and the newest of both in the store.

    `size_bytes` counts what was sent. `newest_modified_at` is by the store's clock, up to a second late when something
    was sent, never early; None when there was no document.
    """

    uploaded: tuple[str, ...]
    kept: tuple[str, ...]
    size_bytes: int
    newest_modified_at: datetime | None
