"""Evaluations are kept, so that versions can be compared over time, and shown.

Each kept one is a version of one Prefect artifact.
"""

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from prefect.exceptions import PrefectException
from pydantic import ValidationError

from domain.evaluation import Evaluation
from domain.gate import KeptEvaluation, Verdict, measures
from domain.keys import StackKey
from domain.markdown import Markdown, code, page, text_table
from domain.reports.evaluation import Judged
from domain.reports.evaluation_markdown import markdown, question_table
from tasks.run.artifacts import write_page, write_table
from tasks.run.results import data_artifact

KIND = "evaluation"
KEY = "evaluation-data"
READ_BACK = 50
"""So many evaluations are read back, the newest."""


def keep(stack: StackKey, evaluation: Evaluation, verdict: Verdict) -> None:
    """Add the evaluation to those of its stack; that it could not be kept is a warning, the judgement stands."""
    data = KeptEvaluation.of(evaluation, verdict).model_dump(mode="json")
    try:
        data_artifact(stack, KEY, KIND, data, _description(stack, evaluation, passed=verdict.passed)).create()
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning(
            "The evaluation of version %s could not be kept, and the next one is not compared with it: %s",
            evaluation.version_id,
            error,
        )


def kept(stack: StackKey) -> list[KeptEvaluation]:
    """Return the evaluations of a stack, newest first; what this program cannot read any more is left out."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[stack.artifact(KEY)]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=READ_BACK)
    evaluations: list[KeptEvaluation] = []
    for artifact in found:
        try:
            evaluations.append(KeptEvaluation.model_validate_json(str(artifact.data)))  # Prefect writes data as JSON
        except ValidationError:
            get_run_logger().warning("artifact %s is not an evaluation that can be read: left out", artifact.id)
    return evaluations


def show_evaluation(stack: StackKey, judged: Judged, overruled: str = "") -> None:
    """Write the page; `overruled` says that a person has put the version in service although it was refused."""
    text = markdown(judged.new, judged.serving, judged.verdict, judged.earlier, overruled)
    write_page(stack, "evaluation", text, f"Evaluation of version {judged.new.version_id} of {stack.name}")


def show_questions(stack: StackKey, new: Evaluation, serving: Evaluation | None) -> None:
    """Write the table of the questions."""
    description = f"Golden questions to version {new.version_id} of {stack.name}"
    write_table(stack, "golden", question_table(new, serving), description)


def _description(stack: StackKey, evaluation: Evaluation, *, passed: bool) -> Markdown:
    """Return what a person reads above the data: Prefect shows data of a type of its own as JSON."""
    return page(
        f"Version {code(evaluation.version_id)}: **{'passed' if passed else 'not passed'}**.",
        text_table(("figure", "value"), [(name, f"{value:.3f}") for name, value in measures(evaluation).items()]),
        f"To read, open {code(stack.artifact('evaluation'))}: this is the same as data, with which later versions are "
        "compared.",
    )
