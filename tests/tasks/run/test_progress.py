"""The terminal shows one line for each long step; a Prefect server that is away ends no step."""

import io
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from rich.console import Console

from domain.keys import artifact_key
from sandbox.settings import PROJECT_ID
from tasks.run.progress import Terminal, progress
from tests.support.artifacts import artifact

NO_ONE_LISTENS: dict[Any, Any] = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}


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


def test_work_outlives_a_server_that_is_away(prefect_storage: Path) -> None:  # noqa: ARG001  # the server must be up
    """The artifact that could not be made at first is made with the next part that is done; later losses are borne."""
    name = f"work-{uuid4().hex[:8]}"
    key = artifact_key("work", PROJECT_ID, name)
    with temporary_settings(NO_ONE_LISTENS):
        work = progress(key, "Until it is done", total=4)
        advance = work.__enter__()
        advance(1, "away")
    advance(2, "back")
    assert "50" in str(artifact("work", name)["data"])
    with temporary_settings(NO_ONE_LISTENS):
        advance(3, "away")
        work.__exit__(None, None, None)
    assert "50" in str(artifact("work", name)["data"])
