"""Whose a model run is: its name proves nothing, what is kept of the stack does."""

from collections.abc import Collection, Sequence

from clouds.cloudru.assumptions import InferenceAssumptions
from clouds.cloudru.inference import identity_differences
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun


def why_not_own(
    run: ModelRun, specs: Sequence[InferenceSpec], assumed: InferenceAssumptions, embedders: Collection[str]
) -> str:
    """Return why a run, with all its fields, is not the stack's; empty when it is.

    `specs` are the models that are kept of the stack under the name that the run was looked for by; `embedders` the ids
    of runs that the stack's knowledge bases were built with, which are the stack's whatever they look like now.
    """
    if run.model_run_id in embedders:
        return ""
    if not specs:
        return "what is kept of the stack names no model so"
    differences = [identity_differences(spec, run, assumed) for spec in specs]
    if not all(differences):
        return ""
    nearest = "; ".join(min(differences, key=len))
    return f"it is another model than what is kept of the stack under this name: {nearest}"
