"""Defaults of a stack of which it is not published whether the service works with them: named before money is spent."""

from collections.abc import Sequence

from clouds.cloudru.assumptions import InferenceAssumptions
from clouds.cloudru.inference import OVERRIDES, default_overrides
from clouds.cloudru.specs import InferenceSpec


def untested_defaults(models: Sequence[InferenceSpec], assumed: InferenceAssumptions) -> tuple[str, ...]:
    """Return what is not known of these models to be started, one line each, with what to set where it fails.

    Source of the marks: docs/cloudru-api.md.
    """
    notes: list[str] = []
    guarded = [model.name for model in models if model.authentication]
    if guarded:
        notes.append(
            f"Not tested against the service: authentication is on for {', '.join(guarded)}, and whether Managed RAG "
            "reaches such a model is UNKNOWN. If indexing or answers fail, set authentication=false of the inference; "
            "then anyone who knows its address may call it."
        )
    notes += [
        f"Not tested against the service: {model.name} is started with the vLLM argument {OVERRIDES}, which "
        f"{model.repository} needs; whether the task Score adds it is UNKNOWN. If the model does not start, empty "
        "assumptions.inference.qwen3_reranker_overrides in the connection block."
        for model in models
        if default_overrides(model, assumed)
    ]
    return tuple(notes)
