"""Client and sandbox share the bodies of the vector store, so the published shapes referee both.

Source: yandex.cloud/docs, ai-studio/vectorStores: createVectorStore and searchVectorStore, read 2026-11-21. Keys,
nesting and types are the published ones, names, ids and texts our own.
"""

from typing import Any

from clouds.yandex.wire.vector_store import VectorStore, VectorStoreSearchPage, VectorStoreSearchRequest

STORE: dict[str, Any] = {
    "id": "fvt0recorded00000000",
    "object": "vector_store",
    "created_at": 1765447200,
    "name": "faq",
    "usage_bytes": 2048,
    "file_counts": {"in_progress": 0, "completed": 2, "failed": 0, "cancelled": 0, "total": 2},
    "status": "completed",
    "expires_after": {"anchor": "last_active_at", "days": 7},
    "expires_at": None,
    "last_active_at": 1765447300,
    "metadata": None,
}
PAGE: dict[str, Any] = {
    "object": "vector_store.search_results.page",
    "search_query": ["когда вернуть товар?"],
    "data": [
        {
            "file_id": "fvt0file000000000000",
            "filename": "returns.txt",
            "score": 0.75,
            "attributes": {"language": "en", "year": 2025, "public": True},
            "content": [{"type": "text", "text": "Goods come back within 14 days."}],
        }
    ],
    "has_more": False,
    "next_page": None,
}


def test_a_published_store_is_read() -> None:
    """What we do not use is passed over."""
    store = VectorStore.model_validate(STORE)
    assert (store.status, store.file_counts.total) == ("completed", 2)
    assert store.model_dump(mode="json").items() <= STORE.items()


def test_a_published_page_is_read_and_written() -> None:
    """Key for key, numbers and truth values of attributes included."""
    page = VectorStoreSearchPage.model_validate(PAGE)
    assert page.data[0].text == "Goods come back within 14 days."
    assert page.model_dump(mode="json") == PAGE


def test_a_search_is_asked_with_published_keys() -> None:
    """A question and how many results."""
    asked = VectorStoreSearchRequest(query="q", max_num_results=3).model_dump(mode="json")
    assert asked == {"query": "q", "max_num_results": 3}
