"""Vector stores: each search index is one, under the same id. Source: docs/yandex-api.md, Vector Store API."""

from clouds.yandex.wire.vector_store import (
    VectorStore,
    VectorStoreContent,
    VectorStoreExpiration,
    VectorStoreFileCounts,
    VectorStoreHit,
    VectorStoreSearchPage,
    VectorStoreSearchRequest,
    VectorStoreStatus,
)
from sandbox.yandex.rules.files import Files
from sandbox.yandex.rules.search_index import SearchIndexes


class VectorStores:
    """The rules."""

    def __init__(self, files: Files, indexes: SearchIndexes) -> None:
        self._files, self._indexes = files, indexes

    def store(self, index_id: str) -> VectorStore:
        """Return an index as the vector store of its id."""
        index = self._indexes.get(index_id)
        count, built = len(index.file_ids), bool(index.table)
        failed = bool(index.failure) and not built
        status = VectorStoreStatus.FAILED if failed else VectorStoreStatus.IN_PROGRESS
        return VectorStore(
            id=index.id,
            created_at=int(index.created_at),
            name=index.name,
            file_counts=VectorStoreFileCounts(
                completed=count if built else 0,
                failed=count if failed else 0,
                in_progress=0 if built or failed else count,
                total=count,
            ),
            status=VectorStoreStatus.COMPLETED if built else status,
            usage_bytes=sum(self._files.size(file_id) for file_id in index.file_ids),
            expires_after=VectorStoreExpiration(
                anchor="created_at" if index.expiration.policy == "STATIC" else "last_active_at",
                days=index.expiration.days,
            ),
            expires_at=int(index.expires_at),
            last_active_at=int(index.active_at),
        )

    def search(self, index_id: str, asked: VectorStoreSearchRequest) -> VectorStoreSearchPage:
        """Return the nearest chunks, or refuse with FAILED_PRECONDITION while there is nothing to ask."""
        hits = self._indexes.hits(index_id, asked.query, asked.max_num_results)
        found = tuple(
            VectorStoreHit(
                file_id=hit.entry.metadata["file_id"],
                filename=hit.entry.metadata["filename"],
                score=hit.score,
                attributes={},
                content=(VectorStoreContent(text=hit.entry.text),),
            )
            for hit in hits
        )
        return VectorStoreSearchPage(search_query=(asked.query,), data=found)
