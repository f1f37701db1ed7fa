"""Vector stores: search in an index, OpenAI's way. Source: docs/yandex-api.md, Vector Store API."""

from typing import Annotated

from fastapi import APIRouter, Depends

from clouds.yandex.wire.vector_store import VectorStore, VectorStoreSearchPage, VectorStoreSearchRequest
from sandbox.yandex.hosts import AI, REST_ASSISTANT
from sandbox.yandex.routers.caller import YandexCallerDep, YandexDep

router = APIRouter()
HOSTS = (AI, REST_ASSISTANT)


def use_indexes(caller: YandexCallerDep, yandex: YandexDep) -> str:
    """Return the caller, or refuse with 403 when it may not use indexes."""
    yandex.iam.authorise("ai.assistants.editor")
    return caller


IndexUserDep = Annotated[str, Depends(use_indexes)]


def get_store(index_id: str, caller: IndexUserDep, yandex: YandexDep) -> VectorStore:  # noqa: ARG001  checked
    """Return a store."""
    return yandex.search_indexes.store(index_id)


def search(
    index_id: str,
    asked: VectorStoreSearchRequest,
    caller: IndexUserDep,  # noqa: ARG001  checked
    yandex: YandexDep,
) -> VectorStoreSearchPage:
    """Return the pieces nearest to a question."""
    return yandex.search_indexes.search(index_id, asked)


for host in HOSTS:
    router.add_api_route(f"/{host}/v1/vector_stores/{{index_id}}", get_store, methods=["GET"])
    router.add_api_route(f"/{host}/v1/vector_stores/{{index_id}}/search", search, methods=["POST"])
