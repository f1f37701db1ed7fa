"""The client is held against the sequences that production was seen to answer, replayed by a real gRPC server."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from pydantic import SecretStr
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ValidateDatasetMetadata, ValidateDatasetResponse
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    DescribeTuningRequest,
    DescribeTuningResponse,
    ListErrorsResponse,
    ListTuningsResponse,
    TuningRequest,
)
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest

from clouds.errors import FailedStateError
from clouds.yandex.auth import ApiKey
from clouds.yandex.client import YandexClient
from clouds.yandex.operation import progress, unpack
from clouds.yandex.specs import WeightedDataset
from clouds.yandex.tuning import TuningRequestSpec, TuningState
from clouds.yandex.wire.endpoints import Endpoints
from tests.clouds.yandex.played_services import NOT_FOUND, PlayedServices
from tests.support.virtual_time import VirtualTime

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json"))
FOLDER = "b1grecordedfolder000"
DAY_S = 86_400.0
ALLOWED_S, ALLOWED_FRACTION = 1.0, 0.05


class Replay:
    """Answers with what was recorded for the seconds since the start."""

    def __init__(self, services: PlayedServices, time: VirtualTime, recording: dict[str, Any]) -> None:
        self._time, self._begun_s, self._timeline = time, time.now_s, recording["timeline"]
        errors = ParseDict({"tuning_error": recording["errors"]}, ListErrorsResponse())
        services.tell("TuningService.List", ListTuningsResponse())
        services.tell("TuningService.Tune", self.tune)
        services.tell("TuningService.Describe", self.describe)
        services.tell("TuningService.ListErrors", errors)
        services.tell("OperationService.Get", self.get)

    def tune(self, request: TuningRequest) -> Operation:
        """Answer with the operation as it was at the start; an expired one was there once."""
        del request
        first = self._timeline[0]
        return ParseDict(first["operation"] or {"id": first["task"]["operation_id"]}, Operation())

    def get(self, request: GetOperationRequest) -> Operation:
        """Answer with the operation now."""
        del request
        recorded = self._now()["operation"]
        if recorded is None:
            raise NOT_FOUND
        return ParseDict(recorded, Operation())

    def describe(self, request: DescribeTuningRequest) -> DescribeTuningResponse:
        """Answer with the task now."""
        del request
        recorded = self._now()["task"]
        if recorded is None:
            raise NOT_FOUND
        return ParseDict({"tuning_task": recorded}, DescribeTuningResponse())

    def _now(self) -> dict[str, Any]:
        elapsed_s = self._time.now_s - self._begun_s
        return [part for part in self._timeline if part["from_s"] <= elapsed_s][-1]


@pytest.fixture
def time() -> VirtualTime:
    """Give a virtual clock."""
    return VirtualTime()


@pytest.fixture
def yandex(services: PlayedServices, time: VirtualTime) -> Iterator[YandexClient]:
    """Give a client on the virtual clock."""
    with YandexClient(
        folder_id=FOLDER,
        auth=ApiKey(key=SecretStr("recorded")),
        endpoints=Endpoints.local(services.address, "http://127.0.0.1"),
        clock=time.clock,
        sleep=time.sleep,
    ) as client:
        yield client


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_tuning_is_started_and_waited_for(
    yandex: YandexClient, services: PlayedServices, time: VirtualTime, path: Path
) -> None:
    """It is asked for as production took it, every status is seen in its order, and its end is told and not late."""
    recording = json.loads(path.read_text(encoding="utf-8"))
    assert recording["source"]
    assert recording["mark"] in {"CONFIRMED", "INFERRED"}
    assert recording["read"] == "2026-11-21"
    Replay(services, time, recording)
    spec = TuningRequestSpec(
        name="recorded",
        base_model_uri=f"emb://{FOLDER}/text-embeddings/latest",
        kind=recording["kind"],
        train_datasets=(WeightedDataset(dataset_id="fds0recorded00000000"),),
        parameters=recording["parameters"],
    )
    begun_s = time.now_s
    ensured = yandex.tunings.ensure(spec)
    sent = MessageToDict(services.asked("TuningService.Tune")[0], preserving_proto_field_name=True)
    dims = [str(dim) for dim in recording["parameters"].get("embedding_dims", [])]
    assert sent[f"text_embedding_{recording['kind']}_params"] == ({"embedding_dims": dims} if dims else {})

    seen: list[str] = []

    def on_look(state: TuningState, _: float) -> None:
        seen.append(str(state))

    ends = recording["ends"]
    if "model" in ends:
        finished = yandex.tunings.wait_finished(
            ensured.task_id, ensured.operation_id, deadline_s=DAY_S, on_look=on_look
        )
        assert finished.target_model_uri == ends["model"]
        assert finished.source_model_uri == "emb://text-embeddings/latest"
    else:
        with pytest.raises(FailedStateError, match=f"is {ends['failed']}: {ends['reason']}") as caught:
            yandex.tunings.wait_finished(ensured.task_id, ensured.operation_id, deadline_s=DAY_S, on_look=on_look)
        assert caught.value.reason == ends["reason"]
    assert [words for words, _ in groupby(seen)] == recording["seen"]
    lasted_s = recording["timeline"][-1]["from_s"]
    assert time.now_s - begun_s - lasted_s <= max(ALLOWED_S, ALLOWED_FRACTION * lasted_s)


def test_a_recorded_validation_is_waited_for(yandex: YandexClient, services: PlayedServices, time: VirtualTime) -> None:
    """Nothing, then the rows, then done: as recorded on 2025-12-11 for a file of one row, which took 72 to 103 s."""
    begun_s, operation_id = time.now_s, "fds0validation000000"
    any_type = "type.googleapis.com/yandex.cloud.ai.dataset.v1."
    rows = {"@type": f"{any_type}ValidateDatasetMetadata", "dataset_id": "fds0recorded00000000", "total_rows": "1"}
    told = {"@type": f"{any_type}ValidateDatasetResponse", "dataset_id": "fds0recorded00000000", "is_valid": True}

    def get(request: GetOperationRequest) -> Operation:
        elapsed_s = time.now_s - begun_s
        recorded: dict[str, Any] = {"id": request.operation_id}
        if elapsed_s >= 40:
            recorded["metadata"] = rows
        if elapsed_s >= 80:
            recorded |= {"done": True, "response": told}
        return ParseDict(recorded, Operation())

    def words(operation: Operation) -> str:
        metadata = progress(operation, ValidateDatasetMetadata)
        return f"{metadata.total_rows} rows" if metadata else "nothing"

    services.tell("OperationService.Get", get)
    seen: list[str] = []
    operation = yandex.operations.wait_done(
        operation_id,
        subject="validation",
        deadline_s=DAY_S,
        words=words,
        on_look=lambda text, _: seen.append(text),
    )
    assert unpack(operation, ValidateDatasetResponse).is_valid
    assert [text for text, _ in groupby(seen)] == ["nothing", "1 rows"]
    assert {request.operation_id for request in services.asked("OperationService.Get")} == {operation_id}
