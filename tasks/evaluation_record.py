"""Evaluations are kept, so that versions can be compared over time: each one is a version of one Prefect artifact."""

from prefect import get_run_logger
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from pydantic import ValidationError

from tasks.evaluation import Evaluation
from tasks.progress import artifact_key

KIND = "evaluation"
READ_BACK = 50
"""So many evaluations are read back, the newest."""


def keep(evaluation: Evaluation) -> None:
    """Add the evaluation to those of its stack."""
    Artifact(
        type=KIND,
        key=_key(evaluation.stack_name),
        description=f"Scores of version {evaluation.version_id} as data; `evaluate-rag` reads them back",
        data=evaluation.model_dump(mode="json"),
    ).create()


def kept(stack_name: str) -> list[Evaluation]:
    """Return the evaluations of a stack, newest first; what this program cannot read any more is left out."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[_key(stack_name)]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=READ_BACK)
    evaluations: list[Evaluation] = []
    for artifact in found:
        try:
            evaluations.append(Evaluation.model_validate_json(str(artifact.data)))  # Prefect writes data as JSON
        except ValidationError:
            get_run_logger().warning("artifact %s is not an evaluation that can be read: left out", artifact.id)
    return evaluations


def _key(stack_name: str) -> str:
    return artifact_key("evaluation-data", stack_name)
