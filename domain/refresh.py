"""What a run of refresh-rag is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.consent import Allowed


@dataclass(frozen=True)
class RefreshSpec:
    """Which documents to bring in, and how far; `documents` take the place of the stack's own, None: they stand.

    `force` builds a version of whatever there is, and tries documents again that could not be read.
    """

    documents: Sequence[str] | None
    delete_missing: bool
    force: bool
    allowed: Allowed
