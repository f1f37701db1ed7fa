"""The terminal shows one line for each long step."""

import io

from rich.console import Console

from tasks.progress import Terminal


def test_display_opens_with_the_first_step_and_closes_with_the_last() -> None:
    """Two waits at once share the display; when both are over the terminal is free again and shows what was seen."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    terminal = Terminal(console)
    display, first = terminal.add("Until a answers", 5)
    same, _ = terminal.add("Until b answers", 5)
    assert same is display
    display.update(first, completed=2, note="PULLING")
    terminal.done()
    assert display.live.is_started
    terminal.done()
    assert not display.live.is_started
    assert "Until a answers" in console.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue]  # a StringIO
    assert "PULLING" in console.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue]  # a StringIO
