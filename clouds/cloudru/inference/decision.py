"""What is to be done about a model run: create, adopt or resume it. Looks at nothing, changes nothing.

The name of a deleted run stays taken, so that a new one gets the next free suffix: `name-2`, then `name-3`.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from clouds.cloudru.assumptions import InferenceAssumptions
from clouds.cloudru.inference.request import identity_differences, other_differences
from clouds.cloudru.inference.wait import failed
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.errors import ConfigurationError

GONE = frozenset({ModelRunStatus.ON_DELETION, ModelRunStatus.DELETED})
ASLEEP = frozenset({ModelRunStatus.ON_SUSPENSION, ModelRunStatus.SUSPENDED})
SUFFIXES = 99
"""Names tried: `name`, `name-2` to `name-99`."""


@dataclass(frozen=True)
class RunDecision:
    """What `ensure` is going to do: create a run of that name, adopt `run`, or resume it first."""

    verb: Literal["create", "adopt", "resume"]
    name: str
    reason: str
    run: ModelRun | None = None
    differences: tuple[str, ...] = ()


def decide_about(
    spec: InferenceSpec, run: ModelRun, *, gpu_memory_gb: int, assumed: InferenceAssumptions
) -> RunDecision:
    """Return what to do about the live run of the spec's name, read with all its fields.

    Raises:
        ConfigurationError: it answers other than the spec wants; says what differs.
        FailedStateError: it has failed; a second paid one is not made silently.

    """
    if run.status == ModelRunStatus.FAILED:
        raise failed(run)
    differences = identity_differences(spec, run, assumed)
    if differences:
        raise ConfigurationError(
            f"a live model run {run.name} ({run.model_run_id}) is not what is wanted: {'; '.join(differences)}. "
            "Give the inference another name, correct its parameters, or delete the run."
        )
    left = tuple(other_differences(spec, run, gpu_memory_gb))
    if run.status in ASLEEP:
        return RunDecision("resume", run.name, "it is suspended", run, left)
    return RunDecision("adopt", run.name, f"it is {run.status.removeprefix('MODEL_RUN_STATUS_')}", run, left)


def find_among(runs: Sequence[ModelRun], name: str) -> ModelRun | None:
    """Return the live run of that name, also under the suffix it got while the name was held."""
    return place(name, runs, ())[0]


def place(name: str, runs: Sequence[ModelRun], refused: Collection[str]) -> tuple[ModelRun | None, str]:
    """Return the live run of that name, or None and the first name that no run holds and none was refused."""
    holders: dict[str, dict[str, ModelRun]] = defaultdict(dict)
    for run in runs:
        holders[run.name][run.model_run_id] = run
    for candidate in (name, *(f"{name}-{number}" for number in range(2, SUFFIXES + 1))):
        held_by = holders[candidate].values()
        live = next((run for run in held_by if run.status not in GONE), None)
        if live is not None or not (held_by or candidate in refused):
            return live, candidate
    raise ConfigurationError(f"deleted model runs hold the names {name} to {name}-{SUFFIXES}. Choose another name.")
