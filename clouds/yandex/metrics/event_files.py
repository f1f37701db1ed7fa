"""Scalars of TensorBoard event files, read by TensorBoard's own reader."""

from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from clouds.yandex.scalars import Scalars

EVERYTHING = {"scalars": 0, "tensors": 0}
"""Keep each point: by itself the reader keeps 10 000 scalars and 10 tensors of a tag."""


def read_scalars(folder: Path) -> tuple[Scalars, ...]:
    """Return what was written as a scalar by either generation of writers; the newer one writes tensors of no rank."""
    runs = sorted({path.parent for path in folder.rglob("*tfevents*") if path.is_file()})
    found: list[Scalars] = []
    for run in runs:
        events = EventAccumulator(str(run), size_guidance=EVERYTHING).Reload()
        tags: dict[str, Any] = events.Tags()
        name = "" if len(runs) == 1 else run.relative_to(folder).as_posix()
        found += [_scalars(name, tag, [(e.step, e.value) for e in events.Scalars(tag)]) for tag in tags["scalars"]]
        tensors = [
            (tag, [(e.step, make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)]) for tag in tags["tensors"]
        ]
        found += [_scalars(name, tag, points) for tag, points in tensors if all(value.ndim == 0 for _, value in points)]
    return tuple(found)


def _scalars(run: str, tag: str, points: list[tuple[int, Any]]) -> Scalars:
    ordered = sorted(points, key=lambda point: point[0])
    return Scalars(run, tag, tuple(step for step, _ in ordered), tuple(float(value) for _, value in ordered))
