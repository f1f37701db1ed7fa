"""The curves of a training as data, and the same for reading."""

from collections.abc import Sequence

from clouds.yandex.scalars import Scalars
from domain.charts import data_uri, line_chart
from domain.markdown import Markdown, one_line, page
from domain.part import Part

AVERAGED = 5
"""Points at either end whose mean is said: one batch more or less says little."""
HOW_TO_READ = (
    "Of each curve only its own fall counts: losses on other rows or other batches need not be as high. Whether the "
    "model finds more is not in them, but in `{judgement}`."
)


class CurveReport(Part):
    """A curve in figures: how many points, the last step, and the first, last and least value."""

    name: str
    points: int
    last_step: int
    first: float
    last: float
    least: float

    @classmethod
    def of(cls, scalars: Scalars) -> "CurveReport":
        """Return the figures of a curve that has points."""
        values = scalars.values
        return cls(
            name=scalars.name,
            points=len(values),
            last_step=scalars.steps[-1],
            first=values[0],
            last=values[-1],
            least=min(values),
        )


class MetricsReport(Part):
    """Where the files are kept, the curves, and why there are none when there are none."""

    folder: str
    files: tuple[str, ...]
    curves: tuple[CurveReport, ...]
    problem: str = ""


def losses(scalars: Sequence[Scalars]) -> list[Scalars]:
    """Return those that are losses by their tag; all of them when none is."""
    return [each for each in scalars if "loss" in each.tag.lower()] or [*scalars]


def loss_curve(scalars: Sequence[Scalars]) -> str:
    """Return the SVG of the curves over the steps."""
    return line_chart({each.name: [*zip(each.steps, each.values, strict=True)] for each in scalars}, "step")


def course(scalars: Scalars) -> str:
    """Say in a line where a curve begins and ends, and how it is on average there where it has points enough."""
    values = scalars.values
    said = f"{scalars.name}: {values[0]:.4g} -> {values[-1]:.4g}, {len(values)} points to step {scalars.steps[-1]}"
    if len(values) < 2 * AVERAGED:
        return said
    begin, end = (sum(part) / AVERAGED for part in (values[:AVERAGED], values[-AVERAGED:]))
    return f"{said}; on average {begin:.4g} over the first {AVERAGED}, {end:.4g} over the last {AVERAGED}"


def curves_markdown(name: str, scalars: Sequence[Scalars], judgement: str) -> Markdown:
    """Return the page of the losses; `judgement` is the key of the page that says whether the model finds more."""
    drawn = losses(scalars)
    picture = f"![loss]({data_uri(loss_curve(drawn))})"
    said = "\n".join(f"- {one_line(course(each))}" for each in drawn)
    return page(f"# Training of {one_line(name)}", picture, said, HOW_TO_READ.format(judgement=judgement))
