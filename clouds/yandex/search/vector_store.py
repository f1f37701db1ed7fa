"""The REST side of a search index: whether it can be searched, and the search. Source: docs/yandex-api.md.

That an index of `SearchIndexService` is a vector store of the same id is INFERRED: both have ids that begin with fvt,
and the vendor's SDK makes the one to be used as the other.
"""

from clouds.about import check_about
from clouds.errors import FailedStateError, NotFoundError
from clouds.polling import OnLook
from clouds.transport import Transport
from clouds.waits import in_words
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.rest import RestAuth
from clouds.yandex.wire.vector_store import (
    VectorStore,
    VectorStoreHit,
    VectorStoreSearchPage,
    VectorStoreSearchRequest,
    VectorStoreStatus,
)

SEARCH_TIMEOUT_S = 60.0


class VectorStores:
    """The vector stores of a folder. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        scheme = connection.assumptions.search_index.api_key_scheme
        auth = RestAuth(connection.authorizer, connection.folder_id, api_key_scheme=scheme)
        self._transport = Transport(
            connection.http,
            auth=auth,
            advice=roles.REST_ADVICE,
            redaction=connection.redaction,
            clock=connection.clock,
            sleep=connection.sleep,
            recorder=connection.recorder,
        )
        self._base = f"{connection.endpoints.ai_rest.rstrip('/')}/v1/vector_stores"
        self._connection = connection

    def get(self, store_id: str) -> VectorStore:
        """Return the store."""
        url = f"{self._base}/{store_id}"
        store = self._transport.ask(VectorStore, "GET", url)
        check_about(store_id, store.id, subject=f"GET {url}")
        return store

    def search(self, store_id: str, query: str, *, limit: int = 10) -> tuple[VectorStoreHit, ...]:
        """Return the pieces nearest to the question, at most `limit` (1 to 50), nearest first."""
        request = VectorStoreSearchRequest(query=query, max_num_results=limit)
        page = self._transport.ask(
            VectorStoreSearchPage,
            "POST",
            f"{self._base}/{store_id}/search",
            json=request.model_dump(mode="json"),
            repeatable=True,
            timeout_s=SEARCH_TIMEOUT_S,
        )
        return page.data

    def wait_searchable(
        self, store_id: str, *, subject: str, deadline_s: float, on_look: OnLook[str] | None = None
    ) -> VectorStore:
        """Wait until it is completed; not being there yet counts as not yet.

        Raises:
            FailedStateError: it failed or has expired.
            DeadlineError: not in time; says what was last seen.

        """

        def look() -> VectorStore | None:
            try:
                return self.get(store_id)
            except NotFoundError:
                return None

        store = self._connection.wait(
            look,
            _searchable,
            subject=f"{subject} ({store_id})",
            deadline_s=deadline_s,
            words=_words,
            on_look=in_words(on_look, _words),
        )
        assert store is not None  # noqa: S101  # the judge saw to it
        return store


def _words(store: VectorStore | None) -> str:
    return store.status if store else "not there"


def _searchable(store: VectorStore | None) -> bool:
    if store is None:
        return False
    if store.status in {VectorStoreStatus.FAILED, VectorStoreStatus.EXPIRED}:
        raise FailedStateError(
            f"search index {store.name} ({store.id}) is {store.status}: delete it and run again to build another",
            store.model_dump(mode="json"),
            store.status,
        )
    return store.status == VectorStoreStatus.COMPLETED
