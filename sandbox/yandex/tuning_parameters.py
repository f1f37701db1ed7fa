"""The parameters of a tuning: from the vendor's message to the engine's, and back with everything that was used.

In the message 0 and a value that was left out look the same, except for `warmup_ratio`: 0 is the engine's default.
Which ranges and words are accepted is the sandbox's own choice; the vendor published none.
"""

from typing import Any, Literal

import grpc
from pydantic import ValidationError
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from yandex.cloud.ai.tuning.v1.tuning_optimizers_pb2 import OptimizerAdamw
from yandex.cloud.ai.tuning.v1.tuning_schedulers_pb2 import SchedulerConstant, SchedulerCosine, SchedulerLinear
from yandex.cloud.ai.tuning.v1.tuning_types_pb2 import TuningTypeLora, TuningTypePromptTune

from sandbox.engines.tuning_job import EPOCHS, Lora, Parameters, PromptTune
from sandbox.errors import problems_of
from sandbox.yandex.refusal import YandexRefusal

Params = wire.TextEmbeddingPairParams | wire.TextEmbeddingTripletParams
Kind = Literal["pair", "triplet"]
FIELDS: dict[Kind, str] = {"pair": "text_embedding_pair_params", "triplet": "text_embedding_triplet_params"}
ADAMW = ("beta1", "beta2", "eps", "weight_decay")
_SCHEDULERS: dict[str, Any] = {"linear": SchedulerLinear, "constant": SchedulerConstant, "cosine": SchedulerCosine}


def kind_of(request: wire.TuningRequest) -> Kind:
    """Return pair or triplet, or refuse with INVALID_ARGUMENT."""
    chosen = request.WhichOneof("tuning_params")
    for kind, field in FIELDS.items():
        if chosen == field:
            return kind
    raise YandexRefusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        f"tuning_params: {chosen or 'nothing'} is set, one of {', '.join(FIELDS.values())} is needed for this model",
    )


def parameters_of(request: wire.TuningRequest, rows: int) -> Parameters:
    """Return what the engine will use for so many rows, or refuse with INVALID_ARGUMENT."""
    params: Params = getattr(request, FIELDS[kind_of(request)])
    given: dict[str, Any] = {
        "seed": params.seed,
        "lr": params.lr,
        "n_samples": params.n_samples or rows * EPOCHS,
        "embedding_dims": tuple(params.embedding_dims),
        "scheduler": _scheduler(params),
        "optimizer": _set({name: getattr(params.optimizer.adamw, name) for name in ADAMW}),
        "method": _method(params),
    }
    try:
        return Parameters.model_validate(_set(given))
    except ValidationError as error:
        raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, problems_of(error.errors())) from error


def used(parameters: Parameters, sent: Params) -> Params:
    """Return a message of the same type with every parameter that was used."""
    kind: Any = type(sent)  # of two with the same fields
    method, scheduler = parameters.method, parameters.scheduler
    lora = isinstance(method, Lora)
    shaped = _SCHEDULERS[scheduler.name](**({} if scheduler.name == "constant" else {"min_lr": scheduler.min_lr}))
    return kind(
        seed=parameters.seed,
        lr=parameters.lr,
        n_samples=parameters.n_samples,
        additional_arguments=sent.additional_arguments,
        embedding_dims=parameters.dimensions,
        lora=TuningTypeLora(**method.model_dump()) if lora else None,
        prompt_tune=None if lora else TuningTypePromptTune(**method.model_dump()),
        scheduler=kind.Scheduler(**{scheduler.name: shaped}, warmup_ratio=scheduler.warmup_ratio),
        optimizer=kind.Optimizer(adamw=OptimizerAdamw(**parameters.optimizer.model_dump())),
    )


def _scheduler(params: Params) -> dict[str, Any]:
    scheduler = params.scheduler
    name = scheduler.WhichOneof("type")
    given: dict[str, Any] = {"name": name or "", "min_lr": getattr(getattr(scheduler, name or "linear"), "min_lr", 0.0)}
    if scheduler.HasField("warmup_ratio"):
        return {**_set(given), "warmup_ratio": scheduler.warmup_ratio}
    return _set(given)


def _method(params: Params) -> dict[str, Any]:
    """Return what says which method it is: a field of its own, of which each method has some, decides."""
    if params.HasField("prompt_tune"):
        return {"virtual_tokens": params.prompt_tune.virtual_tokens or PromptTune().virtual_tokens}
    lora = params.lora
    return _set({"rank": lora.rank, "alpha": lora.alpha, "initialization": lora.initialization, "type": lora.type})


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that were given."""
    return {name: value for name, value in values.items() if value not in (0, "", (), {})}
