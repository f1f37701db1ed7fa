"""The curves of a training as data."""

from clouds.yandex.metrics.event_files import Scalars
from domain.part import Part


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
