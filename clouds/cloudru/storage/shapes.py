"""What goes into Object Storage and what comes out of it."""

from collections.abc import Mapping
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
    """What an upload did: keys sent, keys that already held the same content, and when the folder last changed.

    `size_bytes` counts what was sent. `newest_modified_at` of everything in the folder is by the store's clock, up to a
    second late when something was sent, never early; None when the folder is empty.
    """

    uploaded: tuple[str, ...]
    kept: tuple[str, ...]
    size_bytes: int
    newest_modified_at: datetime | None


@dataclass(frozen=True)
class SyncPlan:
    """What must happen to a folder until it holds the documents: keys, in order.

    `documents` are those to send, new and changed, by key. What the folder holds beyond the documents is `missing` when
    it is to be deleted, else `others`. `newest_modified_at` of everything in the folder is the store's clock.
    """

    bucket: str
    folder: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    missing: tuple[str, ...]
    others: tuple[str, ...]
    documents: Mapping[str, Document]
    newest_modified_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send and nothing to delete."""
        return not (self.new or self.changed or self.missing)

    @property
    def leaves(self) -> tuple[str, ...]:
        """What the folder will hold."""
        return (*self.new, *self.changed, *self.same, *self.others)
