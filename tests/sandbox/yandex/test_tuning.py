"""Tunings: from the request to a model that embeds, and every way in which one ends otherwise."""

import io
import tempfile
import zipfile
from collections.abc import Generator
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import DeleteDatasetRequest
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_error_pb2 import TuningError
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.ai.tuning.v1.tuning_types_pb2 import TuningTypeLora
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest

from sandbox.settings import YANDEX_FOLDER_ID
from tests.sandbox.yandex.tunings import BASE_URI, ROWS, Tunings
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import refused

SLOW: dict[str, Any] = {"n_samples": 100_000, "lora": TuningTypeLora(rank=2, alpha=4)}


@pytest.fixture
def tunings(sandbox: SandboxProcess, channel: grpc.Channel) -> Generator[Tunings]:
    """Return the stubs over a folder with nothing in it; what still trains is ended afterwards."""
    sandbox.empty()
    yield Tunings(sandbox, channel)
    sandbox.empty()


def metadata_of(operation: Any) -> wire.TuningMetadata:
    """Return the metadata of a tuning's operation."""
    metadata = wire.TuningMetadata()
    assert operation.metadata.Unpack(metadata)
    return metadata


def test_an_equal_training_is_taken_where_that_is_allowed(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """The second tuning of the same data and parameters has the result of the first, its training time included."""
    sandbox.set(yandex_reuses_trainings=True)
    results: list[str] = []
    for _ in range(2):
        started = tunings.start()
        sandbox.advance(2)
        assert list(tunings.folder.looks(started.id))[-1].done
        results.append((sandbox.data_dir / "tunings" / started.id / "result.json").read_text())
    assert results[0] == results[1]


def test_from_request_to_model_as_recorded(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """The recorded sequence: CREATED, PENDING, then COMPLETED with the URI of a model, which really embeds.

    Source: production traffic recorded in yandex-cloud/yandex-ai-studio-sdk @f91cf20 on 2025-12-11.
    """
    started = tunings.start(labels={"fingerprint": "0"}, description="d")
    assert started.id.startswith("ftn")
    assert len(started.id) == 20
    assert metadata_of(started) == wire.TuningMetadata(tuning_task_id=started.id, status=TuningTask.CREATED)
    assert refused(lambda: tunings.describe(started.id))[0] == grpc.StatusCode.NOT_FOUND
    missing = refused(lambda: tunings.stub.GetMetricsUrl(wire.GetMetricsUrlRequest(task_id=started.id)))
    assert missing[0] == grpc.StatusCode.NOT_FOUND
    sandbox.advance(2)
    seen = [started, *tunings.folder.looks(started.id)]
    statuses = [TuningTask.Status.Name(metadata_of(look).status) for look in seen]
    assert list(dict.fromkeys(statuses)) == ["CREATED", "PENDING", "COMPLETED"]
    answer = wire.TuningResponse()
    assert seen[-1].response.Unpack(answer)
    uri = answer.target_model_uri
    assert uri.startswith(f"{BASE_URI}@tamr")
    task = tunings.describe(started.id)
    assert (task.status, task.target_model_uri, task.source_model_uri) == (
        TuningTask.COMPLETED, uri, "emb://text-embeddings/latest",
    )  # fmt: skip
    assert (task.operation_id, dict(task.labels), task.description) == (started.id, {"fingerprint": "0"}, "d")
    assert task.finished_at.ToNanoseconds() > task.started_at.ToNanoseconds() > 0

    options = tunings.stub.GetOptions(wire.GetOptionsRequest(task_id=started.id))
    used = options.text_embedding_pair_params
    assert (used.n_samples, list(used.embedding_dims), used.lora.rank) == (8, [128, 35], 2)
    assert used.lr > 0
    assert used.scheduler.HasField("warmup_ratio")
    url = tunings.stub.GetMetricsUrl(wire.GetMetricsUrlRequest(task_id=started.id)).load_url
    losses = scalars(httpx.get(url, trust_env=False).raise_for_status().content)["train/loss"]
    assert len(losses) >= 2
    assert not tunings.stub.ListErrors(wire.ListErrorsRequest(tuning_task_id=started.id)).tuning_error

    whole, short = np.array(tunings.embed(uri, "возврат").embedding), tunings.embed(uri, "возврат", 35)
    base = tunings.embed(BASE_URI, "возврат")
    assert (whole.shape, len(short.embedding), len(base.embedding)) == ((128,), 35, 256)
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(short.embedding, whole[:35] / np.linalg.norm(whole[:35]), atol=1e-6)
    assert short.num_tokens > 2
    assert short.model_version == "29.08.2024"
    assert np.abs(whole - np.array(base.embedding)[:128]).max() > 1e-3
    status, text = refused(lambda: tunings.embed(uri, "возврат", 64))
    assert status == grpc.StatusCode.INVALID_ARGUMENT
    assert "128, 35" in text


def scalars(archive: bytes) -> dict[str, list[float]]:
    """Read the events of a zip with TensorBoard's own reader."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        events = EventAccumulator(f"{folder}/events")
        events.Reload()
        tags: dict[str, Any] = events.Tags()
        return {tag: [each.value for each in events.Scalars(tag)] for tag in tags["scalars"]}


def test_triplets_are_trained_and_their_model_embeds(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """Kind triplet, with a validation dataset: the loss on it is among the events."""
    dataset_id = tunings.dataset("triplet")
    held_out = wire.TuningRequest.WeightedDataset(dataset_id=dataset_id)
    started = tunings.stub.Tune(tunings.request(dataset_id, "triplet", validation_datasets=[held_out]))
    sandbox.advance(2)
    done = tunings.folder.finished(started.id)
    assert done.WhichOneof("result") == "response", done
    url = tunings.stub.GetMetricsUrl(wire.GetMetricsUrlRequest(task_id=started.id)).load_url
    assert len(scalars(httpx.get(url, trust_env=False).content)["validation/loss"]) >= 2


def test_a_cancelled_tuning_ends(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """By its operation or by its task: the operation is an error of code 1, the task is CANCELED; not twice."""
    slow = wire.TextEmbeddingPairParams(**SLOW)
    first, second = (tunings.start(text_embedding_pair_params=slow) for _ in range(2))
    sandbox.advance(2)
    by_operation = tunings.folder.operations.Cancel(CancelOperationRequest(operation_id=first.id))
    assert (by_operation.done, by_operation.error.code) == (True, grpc.StatusCode.CANCELLED.value[0])
    tunings.stub.Cancel(wire.CancelTuningRequest(tuning_task_id=second.id))
    assert [tunings.describe(each.id).status for each in (first, second)] == [TuningTask.CANCELED] * 2
    again = refused(lambda: tunings.stub.Cancel(wire.CancelTuningRequest(tuning_task_id=second.id)))
    assert again[0] == grpc.StatusCode.FAILED_PRECONDITION


def test_a_training_that_cannot_be_is_failed_with_its_cause(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """A dataset that was deleted before its turn: FAILED, `ListErrors` says why, publicly."""
    slow = wire.TextEmbeddingPairParams(**SLOW)
    first = tunings.start(text_embedding_pair_params=slow)
    dataset_id = tunings.dataset()
    second = tunings.stub.Tune(tunings.request(dataset_id))
    tunings.folder.datasets.Delete(DeleteDatasetRequest(dataset_id=dataset_id))
    tunings.stub.Cancel(wire.CancelTuningRequest(tuning_task_id=first.id))
    sandbox.advance(2)
    done = tunings.folder.finished(second.id)
    assert dataset_id in done.error.message
    assert tunings.describe(second.id).status == TuningTask.FAILED
    (error,) = tunings.stub.ListErrors(wire.ListErrorsRequest(tuning_task_id=second.id)).tuning_error
    assert (error.type, dataset_id in error.message) == (TuningError.PUBLIC, True)


def test_the_fourth_start_of_an_hour_is_refused(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """RESOURCE_EXHAUSTED; an hour later it is taken again."""
    dataset_id = tunings.dataset()
    for _ in range(3):
        task_id = tunings.stub.Tune(tunings.request(dataset_id)).id
        tunings.stub.Cancel(wire.CancelTuningRequest(tuning_task_id=task_id))
    assert refused(lambda: tunings.stub.Tune(tunings.request(dataset_id)))[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    sandbox.advance(3600)
    assert tunings.stub.Tune(tunings.request(dataset_id)).id
    assert len(tunings.stub.List(wire.ListTuningsRequest(folder_id=YANDEX_FOLDER_ID)).tuning_tasks) == 4


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"base_model_uri": "emb://other/text-embeddings/latest"}, "INVALID_ARGUMENT", "folder"),
        ({"base_model_uri": "gpt://b1g/x"}, "INVALID_ARGUMENT", "invalid model_uri"),
        ({"train_datasets": []}, "INVALID_ARGUMENT", "train_datasets"),
        ({"name": "x"}, "INVALID_ARGUMENT", "name"),
        ({"text_embedding_triplet_params": wire.TextEmbeddingTripletParams()}, "INVALID_ARGUMENT", "Triplet"),
        (
            {"text_embedding_pair_params": wire.TextEmbeddingPairParams(embedding_dims=[1000])},
            "INVALID_ARGUMENT",
            "embedding_dims",
        ),
        (
            {"text_embedding_pair_params": wire.TextEmbeddingPairParams(lora=TuningTypeLora(type="hydra"))},
            "INVALID_ARGUMENT",
            "type",
        ),
    ],
    ids=["folder", "model", "no data", "name", "kind", "dimension", "lora type"],
)
def test_a_wrong_request_starts_nothing(tunings: Tunings, change: dict[str, Any], status: str, said: str) -> None:
    """It is refused with what is wrong, and there is no task afterwards."""
    request: Any = tunings.request(tunings.dataset())
    if "text_embedding_triplet_params" in change:
        request.ClearField("text_embedding_pair_params")
    for field, value in change.items():
        request.ClearField(field)
        if isinstance(value, str):
            setattr(request, field, value)
        elif not isinstance(value, list):
            getattr(request, field).CopyFrom(value)
    code, text = refused(lambda: tunings.stub.Tune(request))
    assert (code.name, said in text) == (status, True), text
    assert not tunings.stub.List(wire.ListTuningsRequest(folder_id=YANDEX_FOLDER_ID)).tuning_tasks


def test_embeddings_are_counted(tunings: Tunings, sandbox: SandboxProcess) -> None:
    """The call above the quota is refused with the recorded text; gRPC and REST share it; a wrong model is named."""
    tunings.embed(BASE_URI, ROWS[0][0])
    sandbox.set(yandex_embeddings_per_second=0)
    assert refused(lambda: tunings.embed(BASE_URI, "a")) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "ai.embeddingsTextEmbeddingRequestsPerSecond.rate rate quota limit exceed: allowed 0 requests",
    )
    sandbox.set(yandex_embeddings_per_second=1000)
    sandbox.advance(1)
    assert refused(lambda: tunings.embed(f"{BASE_URI}@tamr0", "a")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "invalid model_uri",
    )
