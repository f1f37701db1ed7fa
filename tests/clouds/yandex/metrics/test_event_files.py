"""Event files of both generations of writers give the same curves."""

from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]  # made at import
from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]  # made at import
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

from clouds.yandex.metrics.event_files import read_scalars
from clouds.yandex.scalars import Scalars

POINTS = {1: 2.5, 2: 1.25, 3: 0.5}


def write(folder: Path, tag: str, points: dict[int, float], *, as_tensors: bool = False) -> None:
    """Write an event file."""
    writer = EventFileWriter(str(folder))
    for step, value in points.items():
        tensor = make_tensor_proto(np.float32(value))
        scalar = Summary.Value(tag=tag, tensor=tensor) if as_tensors else Summary.Value(tag=tag, simple_value=value)
        writer.add_event(Event(step=step, wall_time=step, summary=Summary(value=[scalar])))
    writer.close()


@pytest.mark.parametrize("as_tensors", [False, True])
def test_points_come_back(tmp_path: Path, *, as_tensors: bool) -> None:
    """Steps and values, in order of steps, with no run name when there is one folder."""
    write(tmp_path / "events", "train/loss", dict(reversed(POINTS.items())), as_tensors=as_tensors)
    assert read_scalars(tmp_path) == (Scalars("", "train/loss", (1, 2, 3), (2.5, 1.25, 0.5)),)


def test_every_point_is_kept(tmp_path: Path) -> None:
    """TensorBoard's reader by itself draws a sample of 10 000."""
    write(tmp_path, "loss", dict.fromkeys(range(10_500), 1.0))
    assert len(read_scalars(tmp_path)[0].steps) == 10_500


def test_runs_are_told_apart(tmp_path: Path) -> None:
    """The folder of the files is the run; other files beside them do not matter."""
    write(tmp_path / "events" / "train", "loss", POINTS)
    write(tmp_path / "events" / "eval", "loss", POINTS)
    (tmp_path / "events" / "notes.txt").write_text("x")
    assert [each.name for each in read_scalars(tmp_path)] == ["events/eval/loss", "events/train/loss"]


def test_no_event_file_is_no_curve(tmp_path: Path) -> None:
    """An archive of something else has nothing to draw."""
    (tmp_path / "notes.txt").write_text("x")
    assert read_scalars(tmp_path) == ()
