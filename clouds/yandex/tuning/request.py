"""What a tuning is asked for: the spec, its fingerprint, and the message that is sent. Source: docs/yandex-api.md."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator
from yandex.cloud.ai.tuning.v1.tuning_optimizers_pb2 import OptimizerAdamw
from yandex.cloud.ai.tuning.v1.tuning_schedulers_pb2 import SchedulerConstant, SchedulerCosine, SchedulerLinear
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import (
    TextEmbeddingPairParams,
    TextEmbeddingTripletParams,
    TuningRequest,
)
from yandex.cloud.ai.tuning.v1.tuning_types_pb2 import TuningTypeLora, TuningTypePromptTune

from clouds.spec import Spec
from clouds.yandex.specs import (
    NAME,
    ConstantSpec,
    CosineSpec,
    Kind,
    LinearSpec,
    LoraSpec,
    PromptTuneSpec,
    TuningParameters,
    WeightedDataset,
)

FINGERPRINT = "fingerprint"
"""Label of a tuning that says what it was started with."""
FINGERPRINT_LENGTH = 32
"""Hexadecimal digits; a label's value has at most 63 characters everywhere in the cloud."""
Params = TextEmbeddingPairParams | TextEmbeddingTripletParams
ParamsClass = type[TextEmbeddingPairParams] | type[TextEmbeddingTripletParams]


class TuningRequestSpec(Spec):
    """One tuning: which model, by which datasets, how."""

    name: str = Field(title="Name", description="3 to 63 of a-z, 0-9 and -, first a letter, last no hyphen.")
    base_model_uri: str = Field(title="Base model", description="emb://FOLDER_ID/text-embeddings/latest")
    kind: Kind = Field(title="Kind", description="What a row of the datasets has.")
    train_datasets: tuple[WeightedDataset, ...] = Field(
        title="Training datasets", description="Datasets to learn from, each with its weight.", min_length=1
    )
    validation_dataset_id: str | None = Field(
        default=None, title="Validation dataset", description="Dataset that is only measured on."
    )
    validation_sha256: str | None = Field(
        default=None, title="Validation content", description="SHA-256 of the validation dataset's file."
    )
    parameters: TuningParameters = Field(
        default=TuningParameters(), title="Parameters", description="How it is tuned; what is left out is not sent."
    )
    description: str = Field(default="", title="Description", description="Free text.")
    labels: Mapping[str, str] = Field(
        default={}, title="Labels", description=f"Free labels; {FINGERPRINT} is added by the client."
    )

    @field_validator("name")
    @classmethod
    def _safe(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a name that every part of the service takes: write 3 to 63 of a-z, 0-9 and -, "
                "the first a letter, the last not a hyphen"
            )
        return name

    @property
    def fingerprint(self) -> str:
        """What tells this tuning from one of other data or parameters; name, description and labels do not count."""
        counted = self.model_dump(mode="json", exclude={"name", "description", "labels"}, exclude_none=True)
        counted["train_datasets"] = sorted((each.content, each.weight) for each in self.train_datasets)
        if counted.pop("validation_sha256", None):
            counted["validation_dataset_id"] = self.validation_sha256
        text = json.dumps(counted, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def tuning_request(
    spec: TuningRequestSpec, validation_field: Literal["validation_dataset", "validation_datasets"]
) -> TuningRequest:
    """Return the message; the parameters are there even when empty, for they alone say which type of tuning it is."""
    request = TuningRequest(
        base_model_uri=spec.base_model_uri,
        train_datasets=[
            TuningRequest.WeightedDataset(dataset_id=dataset.dataset_id, weight=dataset.weight)
            for dataset in spec.train_datasets
        ],
        name=spec.name,
        description=spec.description,
        labels={**spec.labels, FINGERPRINT: spec.fingerprint},
    )
    if spec.kind == "pair":
        request.text_embedding_pair_params.CopyFrom(_params(TextEmbeddingPairParams, spec.parameters))
    else:
        request.text_embedding_triplet_params.CopyFrom(_params(TextEmbeddingTripletParams, spec.parameters))
    if spec.validation_dataset_id:
        validation = TuningRequest.WeightedDataset(dataset_id=spec.validation_dataset_id, weight=1.0)
        if validation_field == "validation_datasets":
            request.validation_datasets.append(validation)
        else:
            request.validation_dataset.CopyFrom(validation)
    return request


def parameters_message(spec: TuningRequestSpec) -> Params:
    """Return the parameters as the service takes them."""
    return _params(TextEmbeddingPairParams if spec.kind == "pair" else TextEmbeddingTripletParams, spec.parameters)


def _params(message: ParamsClass, parameters: TuningParameters) -> Any:
    """Fill either message: they have the same fields but each its own classes for schedule and optimizer."""
    scalars = parameters.model_dump(
        include={"seed", "lr", "n_samples", "additional_arguments", "embedding_dims"}, exclude_none=True
    )
    params = message(**scalars)
    tuning_type, scheduler, optimizer = parameters.tuning_type, parameters.scheduler, parameters.optimizer
    if isinstance(tuning_type, LoraSpec):
        params.lora.CopyFrom(TuningTypeLora(**_set(tuning_type)))
    elif isinstance(tuning_type, PromptTuneSpec):
        params.prompt_tune.CopyFrom(TuningTypePromptTune(**_set(tuning_type)))
    if isinstance(scheduler, LinearSpec):
        params.scheduler.linear.CopyFrom(SchedulerLinear(**_set(scheduler)))
    elif isinstance(scheduler, CosineSpec):
        params.scheduler.cosine.CopyFrom(SchedulerCosine(**_set(scheduler)))
    elif isinstance(scheduler, ConstantSpec):
        params.scheduler.constant.CopyFrom(SchedulerConstant())
    if parameters.warmup_ratio is not None:
        params.scheduler.warmup_ratio = parameters.warmup_ratio
    if optimizer is not None:
        params.optimizer.adamw.CopyFrom(OptimizerAdamw(**_set(optimizer)))
    return params


def _set(spec: Spec) -> dict[str, Any]:
    """Return what is set; the tag only tells the specs apart."""
    return spec.model_dump(exclude={"kind"}, exclude_none=True)
