"""What a waiting person sees."""

import io

import pytest
from rich.console import Console

from local.stack.display import Display


def printed(console: Console) -> str:
    """Return what was written."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_plain_output_has_a_line_for_each_change() -> None:
    """Into a file or a pipe go only changes, without control characters; showing the same again adds nothing."""
    now = [0.0]
    console = Console(file=io.StringIO(), width=120)
    with Display(console, clock=lambda: now[0]) as display:
        display.show("server", "waiting")
        display.show("server", "running")
        display.show("server", "running")
        now[0] = 4.0
        display.show("server", "done", note="http://127.0.0.1:4280")
    assert printed(console) == ("   0.0 s  server: ...\n   4.0 s  server: done in 4.0 s  http://127.0.0.1:4280\n")


def test_terminal_shows_all_lines_at_once() -> None:
    """At a terminal the last picture has every line with its mark, time and note."""
    now = [0.0]
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with Display(console, clock=lambda: now[0]) as display:
        display.show("server", "running")
        now[0] = 4.0
        display.show("server", "done", note="ready")
        display.show("task", "waiting", label="verify", indent=1)
    last = printed(console).replace("\x1b[2K", "").split("\x1b[1A")[-1]
    assert "✓ server   4.0 s ready" in last
    assert "·   verify" in last


@pytest.mark.parametrize(("error", "mark"), [(None, "done"), (LookupError(), "failed")])
def test_nothing_looks_busy_after_the_end(error: Exception | None, mark: str) -> None:
    """A line that was running when the work ended is closed with it."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    display = Display(console)
    with display:
        display.show("server", "running")
        display.__exit__(type(error) if error else None, error, None)
        assert display._lines["server"].state == mark
