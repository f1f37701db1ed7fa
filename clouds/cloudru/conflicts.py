"""Look for conflicts before anything is created: `ensure` would refuse halfway, after other things were paid for."""

from collections.abc import Sequence

from clouds.cloudru import knowledge_differences, model_run_body
from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.model_run_wait import failed
from clouds.cloudru.specs import FoundationModelSpec, InferenceSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRunStatus
from clouds.errors import ConflictError

CONFLICT = 409


def check_runs(client: CloudRuClient, specs: Sequence[InferenceSpec], assumptions: Assumptions) -> None:
    """Raise ConflictError when a live run of a wanted name is another model, FailedStateError when it has failed."""
    for spec in specs:
        listed = client.inferences.find(spec.name)
        if listed is None:
            continue
        run = client.inferences.get(listed.model_run_id)
        if run.status == ModelRunStatus.FAILED:
            raise failed(run)
        differences = model_run_body.identity_differences(spec, run, assumptions.inference)
        if differences:
            raise ConflictError(
                f"a live model run {run.name} ({run.model_run_id}) is not what is wanted: {'; '.join(differences)}. "
                "Give the inference another name, correct its parameters, or delete the run.",
                CONFLICT,
            )


def check_knowledge_base(
    client: CloudRuClient,
    spec: KnowledgeBaseSpec,
    *,
    bucket: str,
    folder: str,
    embedder: InferenceSpec | FoundationModelSpec,
    assumptions: Assumptions,
) -> None:
    """Raise ConflictError when the knowledge base of that name has another embedder, bucket or folder."""
    base = client.knowledge_bases.find(spec.name)
    versions = client.knowledge_bases.versions(base.knowledgebase_id) if base else ()
    if base is None or not versions:
        return
    run = client.inferences.find(embedder.name) if isinstance(embedder, InferenceSpec) else embedder
    differences = (
        knowledge_differences.identity_differences(
            base, versions[0], bucket=bucket, folder=folder, embedder=run, assumed=assumptions.knowledge
        )
        if run
        else [f"its embedder is a run that is gone, and a new {embedder.name} would be another one"]
    )
    if differences:
        raise ConflictError(
            f"a knowledge base {spec.name} ({base.knowledgebase_id}) is not what is wanted: {'; '.join(differences)}. "
            "Choose another name, correct the parameters, or delete it.",
            CONFLICT,
        )
