"""What a tuning run has to show: ids, addresses, times, the parameters really used, scores; as data and for reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from blocks.yandex import YandexCloudCredentials
from clouds.errors import NotFoundError
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.tuning import EnsuredTuning, FinishedTuning
from domain.keys import TuningKey
from domain.markdown import Markdown, code, escaped, one_line, page, table, text_table
from tasks.metrics import MetricsReport
from tasks.pages import write_page
from tasks.publish import PublishedReport
from tasks.stack_report import Part, StepReport
from tasks.steps import LOOK_FIRST, recorded, step
from tasks.training_spec import TextPrefixes
from tasks.tuning import validation_problem
from tasks.tuning_scores import TuningJudgement
from tasks.tuning_spec import EmbedderTuning
from tasks.tuning_text import embedding_program, score_table

Action = Literal["created", "adopted"]


class DatasetReport(Part):
    """A dataset that was learnt from or measured on; `size_bytes` is its size as the service stores it."""

    part: Literal["training", "validation"]
    dataset_id: str
    name: str
    action: Action
    rows: int
    size_bytes: int


class TuningTaskReport(Part):
    """The tuning in the cloud; `parameters` are those that the service says it used. Times are UTC.

    `validation_problem` says that the service does not know the validation data, and what to do; empty: it does.
    """

    task_id: str
    operation_id: str
    action: Action
    base_model_uri: str
    target_model_uri: str
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    parameters: dict[str, Any]
    validation_problem: str = ""


class TuningReport(Part):
    """What a run of `finetune-embedder` leaves: the model, whether it is better, whether it is in service, and how.

    `prefixes` must stand before the texts that the model embeds.
    """

    cloud: str
    name: str
    prefixes: TextPrefixes = TextPrefixes()
    datasets: tuple[DatasetReport, ...]
    tuning: TuningTaskReport
    metrics: MetricsReport
    judgement: TuningJudgement
    publication: PublishedReport
    steps: tuple[StepReport, ...]
    created: int
    adopted: int
    duration_s: float


@step("report", **LOOK_FIRST)
def report_tuning(
    yandex: YandexCloudCredentials,
    cloud: str,
    tuning: EmbedderTuning,
    training: Sequence[EnsuredDataset | None],
    validation: EnsuredDataset | None,
    ensured: EnsuredTuning,
    tuned: FinishedTuning,
    metrics: MetricsReport,
    judgement: TuningJudgement,
    published: PublishedReport,
) -> TuningReport:
    """Ask what the tuning really ran with, write the artifact, and return the flow's result."""
    steps = StepReport.of(recorded())
    datasets = [_dataset("training", each) for each in training if each]
    datasets += [_dataset("validation", validation)] if validation else []
    actions = [*(each.action for each in datasets), ensured.action]
    result = TuningReport(
        cloud=cloud,
        name=tuning.name,
        prefixes=tuning.data.prefixes,
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
        metrics=metrics,
        judgement=judgement,
        publication=published,
        steps=steps,
        created=actions.count("created"),
        adopted=actions.count("adopted"),
        duration_s=round((steps[-1].ended_at - steps[0].started_at).total_seconds(), 3),
    )
    key = TuningKey(yandex.folder_id, tuning.name)
    write_page(key, "tuning", markdown(result), f"Tuned embedder {tuning.name}")
    return result


def markdown(result: TuningReport) -> Markdown:
    """Return the report for reading."""
    tuning, judgement, published = result.tuning, result.judgement, result.publication
    datasets = [(d.part, d.name, d.dataset_id, str(d.rows), str(d.size_bytes), d.action) for d in result.datasets]
    facts = [
        ("tuning", one_line(f"{tuning.task_id}, {tuning.action}")),
        ("operation", one_line(tuning.operation_id)),
        ("base model", code(tuning.base_model_uri)),
        ("tuned model", code(tuning.target_model_uri)),
        ("created, UTC", _moment(tuning.created_at)),
        ("started, UTC", _moment(tuning.started_at)),
        ("finished, UTC", _moment(tuning.finished_at)),
    ]
    index = (
        f"Search index {code(published.search_index_id)} found: {one_line(published.proof)}" if published.proof else ""
    )
    metrics = result.metrics
    curves = [(c.name, str(c.points), str(c.last_step), f"{c.first:.4g}", f"{c.last:.4g}") for c in metrics.curves]
    steps = [(each.name, f"{each.started_at:%H:%M:%S}", f"{each.duration_s:.1f}") for each in result.steps]
    return page(
        f"# {one_line(result.name)} on {code(result.cloud)}: {'promoted' if published.published else 'not promoted'}",
        f"**{one_line(str(judgement))}**",
        index,
        score_table(judgement),
        f"## Tuning\n\n{table(('', ''), [(Markdown(name), value) for name, value in facts])}",
        "## Embed with it",
        embedding_program(result.cloud, tuning.target_model_uri, judgement.dim, result.prefixes),
        f"## Parameters used\n\n{text_table(('parameter', 'value'), parameter_rows(tuning.parameters))}",
        f"## Datasets\n\n{text_table(('part', 'name', 'id', 'rows', 'bytes stored', 'action'), datasets)}",
        f"**{one_line(tuning.validation_problem)}**" if tuning.validation_problem else "",
        "## Training",
        text_table(("curve", "points", "last step", "first", "last"), curves) if curves else escaped(metrics.problem),
        f"Files: {code(metrics.folder)}" if metrics.folder else f"Files: {escaped(metrics.problem)}" if curves else "",
        f"## Time\n\n{result.duration_s:.1f} s in all.",
        text_table(("step", "began, UTC", "took, s"), steps),
    )


def parameter_rows(parameters: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return a row for each parameter; those of a part are named with it: `lora.rank`."""
    rows: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if isinstance(value, dict) and value:
            rows += parameter_rows(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, "its defaults" if value == {} else str(value)))
    return rows


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


def _moment(moment: datetime | None) -> Markdown:
    return Markdown(f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "")
