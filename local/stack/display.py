"""What a waiting person sees: one line for each part of the work. Live at a terminal, else a line for each change."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

State = Literal["waiting", "running", "done", "failed"]
_MARKS: dict[State, tuple[str, str]] = {
    "waiting": ("·", "dim"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
}


@dataclass
class Line:
    """One part of the work; times in seconds since the display began, or as the server measured them."""

    label: str
    indent: int
    state: State = "waiting"
    note: str = ""
    began_s: float = 0.0
    took_s: float | None = None


class Display:
    """Lines in the order in which they were first shown."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._began = clock()
        self._lines: dict[str, Line] = {}
        self._spinner = Spinner("dots")
        self._live = (
            Live(console=console, get_renderable=self._render, refresh_per_second=8, vertical_overflow="visible")
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for line in self._lines.values():  # a line that cannot be finished any more must not look busy for ever
            if line.state == "running":
                self._end(line, "failed" if error else "done")
        if self._live:
            self._live.stop()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the display was made."""
        return self._clock() - self._began

    def show(
        self,
        key: str,
        state: State,
        *,
        label: str | None = None,
        note: str = "",
        indent: int = 0,
        took_s: float | None = None,
    ) -> None:
        """Show how a part stands; `label` is needed the first time, `took_s` when somebody else measured it."""
        line = self._lines.setdefault(key, Line(label=label or key, indent=indent))
        changed = line.state != state
        line.label = label or line.label
        line.note = note or line.note
        if changed and state == "running":
            line.began_s = self.elapsed_s
        line.state = state
        if changed and state in ("done", "failed"):
            self._end(line, state)
        if took_s is not None:
            line.took_s = took_s
        if changed and not self._live and state != "waiting":
            self._print(line)

    def _end(self, line: Line, state: State) -> None:
        line.state = state
        line.took_s = self.elapsed_s - line.began_s

    def _seconds(self, line: Line) -> float | None:
        return self.elapsed_s - line.began_s if line.state == "running" else line.took_s

    def _print(self, line: Line) -> None:
        """Print one plain line: time, part, what became of it."""
        what = "..." if line.state == "running" else f"{line.state} in {line.took_s or 0:.1f} s"
        note = f"  {line.note}" if line.note else ""
        self._console.print(
            f"{self.elapsed_s:6.1f} s  {'  ' * line.indent}{line.label}: {what}{note}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True, style="dim")
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        for line in self._lines.values():
            seconds = self._seconds(line)
            mark, style = _MARKS.get(line.state, ("", ""))
            table.add_row(
                self._spinner if line.state == "running" else Text(mark, style=style),
                Text("  " * line.indent + line.label, style="red" if line.state == "failed" else ""),
                "" if seconds is None else f"{seconds:.1f} s",
                line.note,
            )
        return Group(table, Text(f"{self.elapsed_s:.0f} s", style="dim"))
