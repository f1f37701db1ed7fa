"""How far long work is: a progress artifact in the UI, and a display in the terminal when somebody sits at one."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException
from prefect.logging.handlers import PrefectConsoleHandler
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from clouds.redaction import masked
from domain.markdown import one_line

Advance = Callable[[int, str], None]
"""`advance(done, note)`: so much of the total is done; `note` says what was just seen."""
NOTE_EVERY_S = 30.0
"""How old an artifact's note may be in a wait that stands still."""


class Terminal:
    """One live display for all threads of this process: opened by the first long step, closed by the last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._open_steps = 0
        self._display: Progress | None = None

    def add(self, description: str, total: int) -> tuple[Progress, TaskID]:
        """Show one more line."""
        with self._lock:
            if self._display is None:
                self._display = Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TimeElapsedColumn(),
                    TextColumn("{task.fields[note]}"),
                    console=self._console,
                )
                self._display.start()
            self._open_steps += 1
            return self._display, self._display.add_task(description, total=total, note="")

    def done(self) -> None:
        """End one line; the last one closes the display and leaves it on the screen."""
        with self._lock:
            self._open_steps -= 1
            if self._open_steps == 0 and self._display is not None:
                self._display.stop()
                self._display = None


def _prefect_console() -> Console:
    """Return the console that Prefect's log lines go to, so that they are written above the display, not into it."""
    for handler in logging.getLogger("prefect").handlers:
        if isinstance(handler, PrefectConsoleHandler):
            return handler.console
    return Console(stderr=True)


_terminal: Terminal | None = None
_terminal_lock = threading.Lock()


def watched_console() -> Console | None:
    """Return the console when a person watches: standard error is a terminal. A worker's child writes into a pipe."""
    return _prefect_console() if sys.stderr.isatty() else None


def _terminal_of_process() -> Terminal | None:
    global _terminal  # noqa: PLW0603  # a process has one terminal
    console = watched_console()
    if console is None:
        return None
    with _terminal_lock:
        if _terminal is None:
            _terminal = Terminal(console)
        return _terminal


def duration(elapsed_s: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    minutes, seconds = divmod(int(elapsed_s), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


@dataclass
class _Page:
    """The artifact in the UI. A server that is away must not end a wait of hours: it is made when it can be."""

    key: str
    description: str
    id: UUID | None = None

    def show(self, percent: float, note: str | None) -> None:
        """Write how far it is."""
        with suppress(httpx.HTTPError, PrefectException):
            if self.id is None:
                made: Any = create_progress_artifact(
                    progress=percent, key=self.key, description=note or self.description
                )
                self.id = made
            else:
                update_progress_artifact(artifact_id=self.id, progress=percent, description=note)


@contextmanager
def progress(key: str, description: str, total: int, *, notes: bool = False) -> Generator[Advance]:
    """Show work of `total` parts as an artifact and, at a terminal, as a bar.

    The percentage counts parts that were seen done (stages of a wait, files of an upload); it never guesses by time.
    With `notes` the artifact says too what was just seen, for waits of hours.
    """
    page = _Page(key, one_line(description))
    page.show(0.0, None)
    terminal = _terminal_of_process()
    display = terminal.add(description, total) if terminal else None
    lock = threading.Lock()
    shown: list[int] = [0]
    noted_s: list[float] = [time.monotonic()]

    def advance(done: int, note: str = "") -> None:
        note = masked(note)
        if display:
            display[0].update(display[1], completed=done, note=note)
        with lock:  # uploads report from several threads; one call to the server per percent is enough
            percent = int(100 * done / total) if total else 100
            old = notes and time.monotonic() - noted_s[0] >= NOTE_EVERY_S
            if percent <= shown[0] and not old:
                return
            shown[0], noted_s[0] = max(percent, shown[0]), time.monotonic()
            reached = float(shown[0])
            page.show(reached, one_line(f"{description}: {note}") if notes and note else None)

    try:
        yield advance
    finally:
        if terminal:
            terminal.done()
