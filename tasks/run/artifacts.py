"""The pages of a run: Markdown and table artifacts under the keys of their stack or tuning.

A page that cannot be written is a warning: what the run did is in its log and in its result.
"""

import math
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.exceptions import PrefectException
from prefect.settings import get_current_settings

from clouds.redaction import masked
from domain.keys import artifact_key_before_digests
from domain.markdown import Markdown, code, escaped, inert, one_line, page

PICTURE = re.compile(r"(\(data:image/[^)]*\))")
Rows = Sequence[Mapping[str, Any]]


class PageOwner(Protocol):
    """What a page is about: the key of a stack or of a tuning."""

    @property
    def name(self) -> str: ...  # noqa: D102  # as in StackKey

    def artifact(self, kind: str) -> str: ...  # noqa: D102  # as in StackKey


def write_page(owner: PageOwner, kind: str, markdown: Markdown, description: str) -> None:
    """Write a Markdown artifact; the description, a text, stands above it."""
    with _only_warned_of(owner, kind):
        create_markdown_artifact(
            _masked(markdown),
            key=owner.artifact(kind),
            description=page(escaped(masked(description)), _former_pages(owner, kind)),
        )


def write_table(owner: PageOwner, kind: str, rows: Rows, description: str) -> None:
    """Write a table artifact; the description stands above it. All of it is text, although a UI reads Markdown."""
    with _only_warned_of(owner, kind):
        create_table_artifact(
            [{name: _cell(cell) for name, cell in row.items()} for row in rows],
            key=owner.artifact(kind),
            description=page(escaped(masked(description)), _former_pages(owner, kind)),
        )


def _cell(cell: Any) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)  # JSON has no number for it
    return inert(masked(cell)) if isinstance(cell, str) else cell


def _masked(markdown: str) -> str:
    """Return a page without what looks like a secret; pictures are data, in which anything looks like something."""
    return "".join(part if PICTURE.fullmatch(part) else masked(part) for part in PICTURE.split(markdown))


@contextmanager
def _only_warned_of(owner: PageOwner, kind: str) -> Generator[None]:
    try:
        yield
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning("The page %s could not be written: %s", owner.artifact(kind), error)


def _former_pages(owner: PageOwner, kind: str) -> str:
    """Return a link for the first page under its key, when there are pages under the key without a digest."""
    former = artifact_key_before_digests(kind, owner.name)
    with get_client(sync_client=True) as client:
        if not _has_pages(client, former) or _has_pages(client, owner.artifact(kind)):
            return ""
    ui_url = get_current_settings().ui_url
    link = f"[{former}]({ui_url}/artifacts/key/{former})" if ui_url else code(former)
    return f"Earlier pages of every {one_line(owner.name)} on this server: {link}"


def _has_pages(client: SyncPrefectClient, key: str) -> bool:
    return bool(client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])), limit=1))
