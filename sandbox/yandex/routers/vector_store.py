"""Vector stores: search in an index, OpenAI's way. Source: docs/yandex-api.md, Vector Store API."""

from fastapi import APIRouter, Depends

from clouds.yandex.wire.vector_store import VectorStore, VectorStoreSearchPage, VectorStoreSearchRequest
from sandbox.yandex.hosts import AI, REST_ASSISTANT
from sandbox.yandex.routers.caller import YandexDep, authenticate

HOSTS = (AI, REST_ASSISTANT)


def may_use_indexes(yandex: YandexDep) -> None:
    """Refuse with 403 a caller that may not use indexes."""
    yandex.iam.authorise("ai.assistants.editor")


router = APIRouter(dependencies=[Depends(authenticate), Depends(may_use_indexes)])


def get_store(index_id: str, yandex: YandexDep) -> VectorStore:
    """Return a store."""
    return yandex.vector_stores.store(index_id)


def search(
    index_id: str,
    asked: VectorStoreSearchRequest,
    yandex: YandexDep,
) -> VectorStoreSearchPage:
    """Return the pieces nearest to a question."""
    return yandex.vector_stores.search(index_id, asked)


for host in HOSTS:
    router.add_api_route(f"/{host}/v1/vector_stores/{{index_id}}", get_store, methods=["GET"])
    router.add_api_route(f"/{host}/v1/vector_stores/{{index_id}}/search", search, methods=["POST"])
