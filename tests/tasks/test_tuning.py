"""What a tuning is called and how far it is, from what the service says."""

import pytest

from clouds.yandex.tuning_request import NAME
from clouds.yandex.tuning_state import TuningState, TuningStatus
from tasks.dataset import dataset_name
from tasks.progress import duration
from tasks.tuning import percent


def test_tuning_advances_by_status_then_by_steps() -> None:
    """The queue is a few percent, the steps are the rest; the hundredth is the model itself."""
    statuses = (TuningStatus.CREATED, TuningStatus.PENDING, TuningStatus.IN_PROGRESS)
    assert [percent(TuningState("1", status=status)) for status in statuses] == [2, 4, 6]
    steps = [TuningState("1", status=TuningStatus.IN_PROGRESS, current_step=n, total_steps=10) for n in (0, 5, 10)]
    assert [percent(state) for state in steps] == [6, 52, 99]
    assert percent(TuningState("1", status="status 77, which is not published")) == 0


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00:00"), (3_725, "1:02:05"), (200_000, "55:33:20")])
def test_durations_are_hours(seconds: float, text: str) -> None:
    """A wait of days is told in hours."""
    assert duration(seconds) == text


@pytest.mark.parametrize("name", ["abc", "x" * 63, "a" * 53 + "-" + "b" * 9])
def test_dataset_is_named_by_tuning_and_content(name: str) -> None:
    """The name is one that every part of the service takes, however long the tuning's is."""
    made = dataset_name(name, "0123456789abcdef")
    assert NAME.fullmatch(made)
    assert made.startswith(name[:50])
    assert made.endswith("-01234567")
