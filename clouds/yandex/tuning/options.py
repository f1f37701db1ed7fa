"""What a tuning really runs with, as GetOptions says: the service may have filled in what was left out."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import GetOptionsResponse

from clouds.yandex.specs import WeightedDataset
from clouds.yandex.tuning.request import TuningRequestSpec, parameters_message
from clouds.yandex.wire.uris import EmbedderUri


@dataclass(frozen=True)
class TuningOptions:
    """Model, datasets and `parameters` by the names of the service's message; `kind` is empty for other tunings."""

    task_id: str
    base_model_uri: str
    kind: str
    train_datasets: tuple[WeightedDataset, ...]
    validation_dataset_ids: tuple[str, ...]
    parameters: dict[str, Any]

    def same_work(self, spec: TuningRequestSpec) -> bool:
        """Say whether a tuning that carries no fingerprint learns from the data of `spec`, and with what was said.

        The service fills in what was left out, so only what `spec` says is held against it; and it tells the base
        model without its folder.
        """
        return (
            self.kind == spec.kind
            and EmbedderUri.parse(self.base_model_uri).model == EmbedderUri.parse(spec.base_model_uri).model
            and {(each.dataset_id, each.weight) for each in self.train_datasets}
            == {(each.dataset_id, each.weight) for each in spec.train_datasets}
            and self.validation_dataset_ids == tuple(filter(None, [spec.validation_dataset_id]))
            and _holds(self.parameters, plain(parameters_message(spec)))
        )


def _holds(told: Any, said: Any) -> bool:
    """Whether everything that was said, however deep, is told again; lists in any order."""
    if isinstance(said, dict):
        return isinstance(told, dict) and all(_holds(told.get(name), value) for name, value in said.items())
    return sorted(told or []) == sorted(said) if isinstance(said, list) else told == said


KINDS = {"text_embedding_pair_params": "pair", "text_embedding_triplet_params": "triplet"}


def of_response(response: GetOptionsResponse) -> TuningOptions:
    """Return what GetOptions says."""
    field = response.WhichOneof("tuning_params")
    return TuningOptions(
        task_id=response.task_id,
        base_model_uri=response.base_model_uri,
        kind=KINDS.get(field or "", ""),
        train_datasets=tuple(
            WeightedDataset(dataset_id=each.dataset_id, weight=each.weight or 1.0) for each in response.train_datasets
        ),
        validation_dataset_ids=tuple(each.dataset_id for each in response.validation_datasets),
        parameters=plain(getattr(response, field)) if field else {},
    )


def plain(message: Message) -> dict[str, Any]:
    """Return the set fields of a message by their names; protobuf's own JSON makes strings of whole numbers."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Message):
        return plain(value)
    return list(value) if field.is_repeated else value
