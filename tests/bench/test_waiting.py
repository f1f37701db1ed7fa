"""The bench of waiting holds its own goals: it runs in virtual time, so this is no timed test."""

import pytest

from bench import waiting
from clouds.polling import Schedule


def test_the_virtual_poller_is_late_by_what_is_left_of_its_interval() -> None:
    """Ready after 12 s, looked at every 10 s: seen at 20 s, at the third look."""
    seen = waiting.wait(12.0, Schedule(floor_s=10.0, fraction=0.0), 0.0)
    assert (seen.seen_at_s, seen.looks) == (20.0, 3)
    assert (seen.lateness_s, seen.of_allowed) == (8.0, 8.0)


def test_the_goals_are_met(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line is the worst ratio that has a goal, and it is below 1."""
    waiting.main()
    name, figure = capsys.readouterr().out.splitlines()[-1].split(": ")
    assert name == "waiting"
    assert float(figure) < 1
