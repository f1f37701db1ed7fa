"""A list that comes in pages is whole, or an error: what is not listed may be created twice, or taken for gone."""

from collections.abc import Callable
from typing import Any

import pytest
from yandex.cloud.ai.assistants.v1.searchindex.search_index_service_pb2 import ListSearchIndicesResponse
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ListDatasetsResponse
from yandex.cloud.ai.files.v1.file_service_pb2 import ListFilesResponse
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import ListTuningsResponse

from clouds.cloudru.client import CloudRuClient
from clouds.errors import WrongAnswerError
from clouds.yandex.client import YandexClient
from tests.clouds.wire_server import Asked, Told, WireServer
from tests.clouds.yandex.played_services import PlayedServices
from tests.support.virtual_time import VirtualTime

AGAIN = "again"
YANDEX: dict[str, tuple[Any, Callable[[YandexClient], Any]]] = {
    "DatasetService.List": (ListDatasetsResponse(next_page_token=AGAIN), lambda client: list(client.datasets.list())),
    "TuningService.List": (ListTuningsResponse(next_page_token=AGAIN), lambda client: client.tunings.list()),
    "FileService.List": (ListFilesResponse(next_page_token=AGAIN), lambda client: client.files.list()),
    "SearchIndexService.List": (
        ListSearchIndicesResponse(next_page_token=AGAIN),
        lambda client: client.search_indexes.list(),
    ),
}
CLOUDRU: dict[str, Callable[[CloudRuClient], Any]] = {
    "bases": lambda client: client.knowledge_bases.list(),
    "versions": lambda client: client.knowledge_bases.list_versions("base-1"),
}


@pytest.mark.parametrize("method", YANDEX)
def test_a_page_token_that_comes_again_is_no_end(services: PlayedServices, yandex: YandexClient, method: str) -> None:
    """The service sends one page again and again."""
    page, read = YANDEX[method]
    services.tell(method, page)
    with pytest.raises(WrongAnswerError, match="not whole"):
        read(yandex)
    assert len(services.asked(method)) == 2


@pytest.mark.parametrize("listing", CLOUDRU)
def test_a_page_token_of_managed_rag_that_comes_again_is_no_end(
    vendor: WireServer, client: CloudRuClient, listing: str
) -> None:
    """The service sends one page again and again."""
    vendor.tell("GET", ".*/v1/knowledge-bases(/versions)?", {"data": [], "next_page_token": AGAIN})
    with pytest.raises(WrongAnswerError, match="not whole"):
        CLOUDRU[listing](client)


def runs(count: int, total: int, first: int = 0) -> dict[str, Any]:
    """Return a page of model runs."""
    listed = [{"modelRunId": f"r{n}", "name": f"run-{n}", "status": "x"} for n in range(first, first + count)]
    return {"total": total, "modelRuns": listed}


def test_a_service_that_passes_over_the_offset_lists_no_runs(vendor: WireServer, client: CloudRuClient) -> None:
    """The first hundred come twice: two hundred read, and a hundred of them never seen."""
    vendor.tell("GET", ".*/modelruns", runs(100, 200))
    with pytest.raises(WrongAnswerError, match="lists 100 model runs and says that there are 200"):
        client.inferences.list()


def test_a_run_that_moves_to_another_page_is_listed(vendor: WireServer, client: CloudRuClient) -> None:
    """A new run at the head of the list moves the others on while they are read."""
    held = [{"modelRunId": f"r{n}", "name": f"run-{n}", "status": "x"} for n in range(120)]

    def page(asked: Asked) -> Told:
        offset = int(asked.query["offset"])
        if offset == 100 and len(held) == 120:
            held.insert(0, {"modelRunId": "new", "name": "new", "status": "x"})
        return Told({"total": len(held), "modelRuns": held[offset : offset + 100]})

    vendor.tell("GET", ".*/modelruns", page)
    assert {run.model_run_id for run in client.inferences.list()} == {run["modelRunId"] for run in held}
    assert len(held) == 121


def test_catalogue_pages_that_come_again_are_no_prices(vendor: WireServer, client: CloudRuClient) -> None:
    """Else a model of the second page would have no price."""
    cards = {"total": 2, "hasMore": True, "modelCards": [{"id": "c", "name": "n", "price": 1.0}]}
    vendor.tell("GET", ".*/predefined-models", cards)
    with pytest.raises(WrongAnswerError, match="not whole"):
        client.inference_catalogue.prices()


PAGE = """<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>
</ListBucketResult>"""
UPLOADS = """<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>{token}</NextKeyMarker>
</ListMultipartUploadsResult>"""


@pytest.mark.parametrize("tokens", [("a", "a"), ("a", "b", "a")], ids="-".join)
def test_a_continuation_token_that_comes_again_is_no_end(
    vendor: WireServer, client: CloudRuClient, tokens: tuple[str, ...], time: VirtualTime
) -> None:
    """Not only that of the page before."""
    vendor.tell("GET", ".*/v2/projects/.*", {"tenant_id": "tenant"})
    vendor.tell("GET", "/bucket/?", *(Told(PAGE.format(token=token).encode()) for token in tokens))
    with pytest.raises(WrongAnswerError, match="not whole"):
        client.storage.list_objects("bucket", "")
    assert time.slept_s == []


@pytest.mark.parametrize("tokens", [("a", "a"), ("",)], ids=["again", "none"])
def test_a_list_of_unfinished_uploads_that_is_not_whole(
    vendor: WireServer, client: CloudRuClient, tokens: tuple[str, ...]
) -> None:
    """It ends, and not as if it were whole."""
    vendor.tell("GET", ".*/v2/projects/.*", {"tenant_id": "tenant"})
    vendor.tell("GET", "/bucket/?", *(Told(UPLOADS.format(token=token).encode()) for token in tokens))
    with pytest.raises(WrongAnswerError, match="whole"):
        client.storage.abort_uploads("bucket", "")
