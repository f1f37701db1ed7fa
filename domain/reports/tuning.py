"""What a tuning run has to show: ids, addresses, times, the parameters really used, scores; as data and for reading."""

from datetime import datetime
from typing import Any, Literal

from domain.embedder_in_service import EmbedderInService
from domain.embedder_judgement import TuningJudgement
from domain.markdown import Markdown, code, escaped, one_line, page, table, text_table
from domain.part import Part
from domain.reports.curves import MetricsReport
from domain.reports.stack import StepReport
from domain.reports.tuning_markdown import embedding_program, score_table
from domain.training_data.faults import FaultKind
from domain.training_data.spec import TextPrefixes


class PublishedReport(Part):
    """Whether the model was put in service and why; `proof` is a passage that the index, if any, has found."""

    published: bool
    reason: str
    in_service: EmbedderInService | None = None
    search_index_id: str = ""
    proof: str = ""


Action = Literal["created", "adopted"]


class DatasetReport(Part):
    """A dataset that was learnt from or measured on; `size_bytes` is its size as the service stores it."""

    part: Literal["training", "validation"]
    dataset_id: str
    name: str
    action: Action
    rows: int
    size_bytes: int


class TrainingDataReport(Part):
    """What was learnt from and measured on: rows, and how many faults of each kind were tolerated."""

    training_rows: int
    validation_rows: int
    faults: dict[FaultKind, int]


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
    data: TrainingDataReport
    datasets: tuple[DatasetReport, ...]
    tuning: TuningTaskReport
    metrics: MetricsReport
    judgement: TuningJudgement
    publication: PublishedReport
    steps: tuple[StepReport, ...]
    created: int
    adopted: int
    duration_s: float


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


def _moment(moment: datetime | None) -> Markdown:
    return Markdown(f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "")
