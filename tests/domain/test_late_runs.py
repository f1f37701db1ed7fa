"""Of suspend and resume for one stack, what was due last before now is wanted; a late run of the other is skipped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.late_runs import DueRun, overtaken_by

EVENING = datetime(2026, 11, 30, 17, 15, tzinfo=UTC)
MORNING = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
SUSPEND, RESUME = "suspend-rag", "resume-rag"


def due(flow: str, due_at: datetime, **parameters: Any) -> DueRun:
    """Return a run of the default stack, or of the one that is named."""
    return DueRun.of(flow, due_at, parameters)


RUNS = [due(SUSPEND, EVENING), due(RESUME, MORNING)]


def test_the_evening_is_over_in_the_morning() -> None:
    """After a night without a worker the suspend of yesterday is overtaken, the resume of this morning is not."""
    now = MORNING + timedelta(minutes=1)
    assert overtaken_by(RUNS[0], RUNS, now) == RUNS[1]
    assert overtaken_by(RUNS[1], RUNS, now) is None


def test_what_is_not_due_yet_overtakes_nothing() -> None:
    """A suspend that begins at night, hours late, still suspends: the morning has not come."""
    assert overtaken_by(RUNS[0], RUNS, MORNING - timedelta(seconds=1)) is None
    assert overtaken_by(RUNS[0], RUNS, MORNING) == RUNS[1]


def test_the_last_one_decides() -> None:
    """After two nights the first suspend is not overtaken: another suspend was due last."""
    runs = [*RUNS, due(SUSPEND, EVENING + timedelta(days=1))]
    now = EVENING + timedelta(days=1, minutes=1)
    assert overtaken_by(runs[0], runs, now) is None
    assert overtaken_by(runs[1], runs, now) == runs[2]


@pytest.mark.parametrize(
    "parameters",
    [{"stack": "kb-other"}, {"stack": {"knowledge_base": {"name": "kb-other"}}}, {"cloud": "cloudru"}],
    ids=["by name", "whole", "other credentials"],
)
def test_another_stack_or_cloud_overtakes_nothing(parameters: dict[str, Any]) -> None:
    """The schedules of other stacks say nothing about this one."""
    assert overtaken_by(RUNS[0], [due(RESUME, MORNING, **parameters)], MORNING) is None


@pytest.mark.parametrize(
    "stack",
    ["kb-rag-with-inference", {"knowledge_base": {"name": "kb-rag-with-inference"}}, {"bucket": "other"}],
    ids=["by name", "whole", "whole, default base"],
)
def test_one_stack_in_several_spellings_is_one(stack: Any) -> None:
    """By its name, whole, and left out: the default."""
    assert overtaken_by(RUNS[0], [due(RESUME, MORNING, stack=stack)], MORNING) is not None
