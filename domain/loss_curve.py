"""The curves of a training as a picture that Prefect's UI shows inside a Markdown artifact."""

import base64
import io
from collections.abc import Sequence

from clouds.yandex.metrics.event_files import Scalars

INCHES = (8.0, 3.6)
DOTS_PER_INCH = 110
FEW_POINTS = 50
"""So few are marked one by one: what lies between two of them was not measured."""
AVERAGED = 5
"""Points at either end whose mean is said: one batch more or less says little."""


def losses(scalars: Sequence[Scalars]) -> list[Scalars]:
    """Return those that are losses by their tag; all of them when none is."""
    return [each for each in scalars if "loss" in each.tag.lower()] or [*scalars]


def loss_curve(scalars: Sequence[Scalars], title: str) -> str:
    """Return a PNG as a data URI; drawn without a screen and without the state that pyplot shares among threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  every flow's process would wait for it
    from matplotlib.figure import Figure  # noqa: PLC0415  as above

    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    for each in scalars:
        axes.plot(
            each.steps, each.values, label=each.name, linewidth=1.5, marker="." if len(each.steps) <= FEW_POINTS else ""
        )
    axes.set_title(title, parse_math=False)
    axes.set(xlabel="step", ylabel="loss")
    if all(value >= 0 for each in scalars for value in each.values):
        axes.set_ylim(bottom=0)  # else a loss that is still high seems to have come down to nothing
    axes.grid(visible=True, color="#e3e7eb")
    if scalars:
        legend = axes.legend(axes.lines, [each.name for each in scalars], frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)  # a dollar is a dollar
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"


def course(scalars: Scalars) -> str:
    """Say in a line where a curve begins and ends, and how it is on average there where it has points enough."""
    values = scalars.values
    said = f"{scalars.name}: {values[0]:.4g} -> {values[-1]:.4g}, {len(values)} points to step {scalars.steps[-1]}"
    if len(values) < 2 * AVERAGED:
        return said
    begin, end = (sum(part) / AVERAGED for part in (values[:AVERAGED], values[-AVERAGED:]))
    return f"{said}; on average {begin:.4g} over the first {AVERAGED}, {end:.4g} over the last {AVERAGED}"
