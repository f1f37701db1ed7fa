"""What a tuning run has to show: ids, addresses, times, the parameters really used, scores; as data and for reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from blocks.yandex import YandexCloudCredentials
from clouds.errors import NotFoundError
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.tuning import EnsuredTuning, FinishedTuning
from domain.embedder_judgement import TuningJudgement
from domain.embedder_tuning import EmbedderTuning
from domain.keys import TuningKey
from domain.reports.curves import MetricsReport
from domain.reports.stack import StepReport
from domain.reports.tuning import (
    DatasetReport,
    PublishedReport,
    TrainingDataReport,
    TuningReport,
    TuningTaskReport,
    markdown,
)
from domain.training_data.check import CheckedData
from tasks.run.artifacts import write_page
from tasks.run.results import keep_result
from tasks.run.steps import LOOK_FIRST, recorded, step
from tasks.tuning.tuning import validation_problem


@dataclass(frozen=True)
class TunedEmbedder:
    """What a run has learnt from, what came of it, and what was decided about it, each as its step has returned it."""

    data: CheckedData
    training: Sequence[EnsuredDataset | None]
    validation: EnsuredDataset | None
    ensured: EnsuredTuning
    tuned: FinishedTuning
    metrics: MetricsReport
    judgement: TuningJudgement
    published: PublishedReport


@step("report", **LOOK_FIRST)
def report_tuning(
    yandex: YandexCloudCredentials, cloud: str, tuning: EmbedderTuning, made: TunedEmbedder
) -> TuningReport:
    """Ask what the tuning really ran with, write the artifact, and return the flow's result."""
    ensured, tuned, validation = made.ensured, made.tuned, made.validation
    steps = StepReport.of(recorded())
    datasets = [_dataset("training", each) for each in made.training if each]
    datasets += [_dataset("validation", validation)] if validation else []
    actions = [*(each.action for each in datasets), ensured.action]
    result = TuningReport(
        cloud=cloud,
        name=tuning.name,
        prefixes=tuning.data.prefixes,
        data=TrainingDataReport(
            training_rows=sum(file.rows for file in made.data.training),
            validation_rows=made.data.validation.rows if made.data.validation else 0,
            faults=dict(made.data.totals),
        ),
        datasets=tuple(datasets),
        tuning=TuningTaskReport(
            task_id=tuned.task_id,
            operation_id=tuned.operation_id or ensured.operation_id,
            action=ensured.action,
            base_model_uri=tuned.source_model_uri,
            target_model_uri=tuned.target_model_uri,
            created_at=tuned.created_at,
            started_at=tuned.started_at,
            finished_at=tuned.finished_at,
            parameters=_used(yandex, tuned.task_id),
            validation_problem=validation_problem(yandex, ensured, validation),
        ),
        metrics=made.metrics,
        judgement=made.judgement,
        publication=made.published,
        steps=steps,
        created=actions.count("created"),
        adopted=actions.count("adopted"),
        duration_s=round((steps[-1].ended_at - steps[0].started_at).total_seconds(), 3),
    )
    key = TuningKey(yandex.folder_id, tuning.name)
    write_page(key, "tuning", markdown(result), f"Tuned embedder {tuning.name}")
    return keep_result(key, "tuning", result)


def _dataset(part: Literal["training", "validation"], dataset: EnsuredDataset) -> DatasetReport:
    return DatasetReport(
        part=part,
        dataset_id=dataset.dataset_id,
        name=dataset.name,
        action=dataset.action,
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
    )


def _used(yandex: YandexCloudCredentials, task_id: str) -> dict[str, Any]:
    try:
        return yandex.get_client().tunings.options(task_id).parameters
    except NotFoundError:
        return {}
