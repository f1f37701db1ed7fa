"""Bodies of the vector store's REST calls. Source: yandex.cloud/docs, ai-studio/vectorStores, read 2026-11-21."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_RESULTS = 50
Attribute = str | float | bool


class Body(BaseModel):
    """Base of what travels: what the vendor adds later is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class VectorStoreStatus(StrEnum):
    """Published statuses; a guide adds `failed`."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    EXPIRED = "expired"
    FAILED = "failed"


class VectorStoreFileCounts(Body):
    """How many files of a store are in which state."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0


class VectorStoreExpiration(Body):
    """After how many days since its anchor a store expires; the one published anchor is `last_active_at`."""

    anchor: str
    days: int


class VectorStore(Body):
    """`GET /v1/vector_stores/{id}`. Times are Unix times in seconds; `status` may be one that came later."""

    id: str
    object: str = "vector_store"
    created_at: int = 0
    name: str = ""
    usage_bytes: int = 0
    file_counts: VectorStoreFileCounts = VectorStoreFileCounts()
    status: str
    expires_after: VectorStoreExpiration | None = None
    expires_at: int | None = None
    last_active_at: int | None = None
    metadata: dict[str, str] | None = None


class VectorStoreSearchRequest(Body):
    """`POST /v1/vector_stores/{id}/search`."""

    query: str = Field(min_length=1)
    max_num_results: int = Field(default=10, ge=1, le=MOST_RESULTS)


class VectorStoreContent(Body):
    """A piece of a file."""

    type: Literal["text"] = "text"
    text: str


class VectorStoreHit(Body):
    """A piece found, and how near it is: the larger the score, the nearer."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, Attribute] | None = None
    content: tuple[VectorStoreContent, ...]

    @property
    def text(self) -> str:
        """The whole text of the piece."""
        return "\n".join(part.text for part in self.content)


class VectorStoreSearchPage(Body):
    """Hits, nearest first."""

    object: str = "vector_store.search_results.page"
    search_query: tuple[str, ...] | str = ()
    data: tuple[VectorStoreHit, ...]
    has_more: bool = False
    next_page: str | None = None
