"""Tunings as a client of the official stubs sees them, on data that is trained on in seconds."""

from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import Int64Value
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2 import (
    TextEmbeddingRequest,
    TextEmbeddingResponse,
)
from yandex.cloud.ai.foundation_models.v1.embedding.embedding_service_pb2_grpc import EmbeddingsServiceStub
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceStub
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.ai.tuning.v1.tuning_types_pb2 import TuningTypeLora
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import TRIPLET, Folder, json_lines

BASE_URI = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
LOOK_S = 0.1
ROWS = [
    ("как сбросить пароль", "Пароль меняют в личном кабинете."),
    ("сколько идёт возврат", "Деньги возвращаются за три дня."),
    ("opening hours", "We are open on Saturday."),
    ("order a chair", "Chairs are ordered in the portal."),
]
TINY: dict[str, Any] = {"n_samples": 8, "embedding_dims": [35, 128], "lora": TuningTypeLora(rank=2, alpha=4)}


class Tunings:
    """The stubs, and what is done with them again and again. Each look at an operation takes `LOOK_S` at the server."""

    def __init__(self, sandbox: SandboxProcess, channel: grpc.Channel) -> None:
        self.sandbox, self.folder = sandbox, Folder(channel)
        self.stub, self.embeddings = TuningServiceStub(channel), EmbeddingsServiceStub(channel)
        sandbox.fault("OperationService/Get", times=10_000, delay_s=LOOK_S)

    def dataset(self, kind: str = "pair") -> str:
        """Return a dataset that is READY."""
        if kind == "pair":
            return self.folder.checked(json_lines({"anchor": a, "positive": p} for a, p in ROWS)).dataset_id
        rows = [{"anchor": a, "positive": p, "negative": "Столовая работает до трёх."} for a, p in ROWS]
        return self.folder.checked(json_lines(rows), task_type=TRIPLET).dataset_id

    def request(self, dataset_id: str, kind: str = "pair", **fields: Any) -> wire.TuningRequest:
        """Return a request for a training of seconds."""
        params: dict[str, Any] = {
            "pair": {"text_embedding_pair_params": wire.TextEmbeddingPairParams(**TINY)},
            "triplet": {"text_embedding_triplet_params": wire.TextEmbeddingTripletParams(**TINY)},
        }[kind]
        dataset = wire.TuningRequest.WeightedDataset(dataset_id=dataset_id, weight=1)
        given: dict[str, Any] = {"base_model_uri": BASE_URI, "train_datasets": [dataset], "name": "tiny", **params}
        return wire.TuningRequest(**{**given, **fields})

    def start(self, kind: str = "pair", **fields: Any) -> Operation:
        """Start a tuning of a new dataset."""
        return self.stub.Tune(self.request(self.dataset(kind), kind, **fields))

    def describe(self, task_id: str) -> TuningTask:
        """Return a task."""
        return self.stub.Describe(wire.DescribeTuningRequest(tuning_task_id=task_id)).tuning_task

    def embed(self, model_uri: str, text: str, dim: int | None = None) -> TextEmbeddingResponse:
        """Embed a text."""
        wanted = None if dim is None else Int64Value(value=dim)
        return self.embeddings.TextEmbedding(TextEmbeddingRequest(model_uri=model_uri, text=text, dim=wanted))
