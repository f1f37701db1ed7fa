"""The bench of the long wait holds its own goals: its time is virtual, so this is no timed test."""

import pytest

from bench import long_wait


def test_a_day_is_waited_for_within_the_goals(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line is the worse of lateness of allowed and calls of one a minute, and it is below 1."""
    monkeypatch.setattr(long_wait, "ROUNDS", 1)
    monkeypatch.setattr(long_wait, "LASTS_S", {"24 h": long_wait.DAY_S})
    long_wait.main()
    name, figure = capsys.readouterr().out.splitlines()[-1].split(": ")
    assert name == "long_wait"
    assert 0 < float(figure) < 1
