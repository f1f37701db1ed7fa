"""Where a stack in the cloud is not what was provisioned. Nothing is changed."""

from collections.abc import Sequence

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import find_among, other_differences
from clouds.cloudru.inference import identity_differences as run_differences
from clouds.cloudru.knowledge import (
    IndexSource,
    base_differences,
    identity_differences,
    reading_differences,
    reported_reading,
    wanted_reading,
)
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec
from clouds.cloudru.wire.inference import ModelRun
from domain.kept_stack import differences, secret_drift
from domain.stack import RagStack
from tasks.run.asked_with import asked_drift
from tasks.run.steps import LOOK_FIRST, step
from tasks.stack.kept_stack import FoundStack
from tasks.stack.version import served


@step("find-drift", **LOOK_FIRST)
def find_drift(cloudru: CloudRuCredentials, found: FoundStack) -> tuple[str, ...]:
    """Return in words where models, base and version in service are not what was provisioned.

    What is wanted and was not provisioned is named too: a run of provision-rag was killed, or the block was edited.
    """
    kept = found.kept
    if kept is None or kept.provisioned is None:
        return ()
    client, stack = cloudru.get_client(), kept.provisioned
    specs, listed = [spec for spec in stack.models if isinstance(spec, InferenceSpec)], client.inferences.list()
    runs = {spec.name: _run(client, spec, listed) for spec in specs}
    wanted = differences(stack, kept.wanted) if kept.wanted else ()
    return (
        *(f"{each.field}: provisioned is {each.before}, wanted is {each.now}: run provision-rag" for each in wanted),
        *(line for spec in specs for line in _of_run(cloudru, spec, runs)),
        *([] if client.storage.created_at(stack.bucket) else [f"bucket {stack.bucket}: it is not there"]),
        *secret_drift(
            stack.token_secret, kept.secret, client.secrets.find(stack.token_secret) if kept.secret else None
        ),
        *_of_base(cloudru, stack, runs),
    )


def _run(client: CloudRuClient, spec: InferenceSpec, runs: Sequence[ModelRun]) -> ModelRun | None:
    listed = find_among(runs, spec.name)
    return client.inferences.get(listed.model_run_id) if listed else None


def _of_run(cloudru: CloudRuCredentials, spec: InferenceSpec, runs: dict[str, ModelRun | None]) -> list[str]:
    run = runs[spec.name]
    if run is None:
        return [f"model run {spec.name}: it is not there"]
    found = run_differences(spec, run, cloudru.assumptions.inference)
    found += other_differences(spec, run, spec.gpu_memory_gb or run.gpu_gb_memory)
    return [f"model run {run.name}: {difference}" for difference in found]


def _of_base(cloudru: CloudRuCredentials, stack: RagStack, runs: dict[str, ModelRun | None]) -> list[str]:
    name, assumed = stack.knowledge_base.name, cloudru.assumptions.knowledge
    serving = served(cloudru, name)
    if serving is None:
        return [f"knowledge base {name}: no version is in service"]
    version_id = serving.promoted.version_id
    version = next(each for each in serving.versions if each.knowledgebase_version_id == version_id)
    embedder = stack.embedder if isinstance(stack.embedder, FoundationModelSpec) else runs[stack.embedder.name]
    found = base_differences(stack.knowledge_base, serving.base)
    if embedder is not None:
        found = [
            *identity_differences(serving.base, version, IndexSource(stack.bucket, stack.folder, embedder), assumed),
            *found,
        ]
    reads = reading_differences(reported_reading(version), wanted_reading(stack.knowledge_base, assumed)).lines
    return [
        *(f"knowledge base {serving.base.name}: {difference}" for difference in (*found, *reads)),
        *asked_drift(serving.promoted, stack),
    ]
