"""The acts of a demonstration: each runs flows through the worker, and each must end as it says."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape

from domain.keys import StackKey
from local.demos import report, watch
from local.demos.results import Written, written
from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi
from local.stack.parts import SANDBOX_DEPLOYMENT
from local.stack.stack import Stack


@dataclass(frozen=True)
class Ended:
    """A run that has ended, what it has written, and how long it took as seen from here."""

    run: FlowRun
    written: Written
    took_s: float


class Stage:
    """Plays the acts of one stack: runs its flows, prints what came of it, stops at the first surprise."""

    def __init__(self, api: PrefectApi, running: Stack, console: Console, *, key: StackKey, acts: int) -> None:
        self._api = api
        self._running = running
        self._console = console
        self._key = key
        self._acts = acts
        self._title = ""
        self.act = 0
        self.runs = 0

    def begin(self, title: str) -> None:
        """Print the heading of the next act."""
        self.act += 1
        self._title = title
        self._console.print(f"\n[bold]{self.act}/{self._acts}  {escape(title)}[/bold]", highlight=False)

    def run(self, flow: str, parameters: Mapping[str, Any]) -> Ended:
        """Run the flow to its end; it must complete."""
        ended = self._ended(flow, parameters)
        run = ended.run
        self._say_how(ended, flow, "completed" if run.state_type == "COMPLETED" else str(run.state_name))
        if run.state_type != "COMPLETED":
            self.surprise(f"{flow} must complete, and ended {run.state_name}{report.why(self._api, run)}")
        return ended

    def refused(self, flow: str, parameters: Mapping[str, Any], at: Callable[[Written], str]) -> Ended:
        """Run the flow to its end; it must fail at the step that `at` names from what the run has written."""
        ended = self._ended(flow, parameters)
        run, step = ended.run, at(ended.written)
        failed = [task.name for task in self._api.task_runs(run.id) if task.state_type == "FAILED"]
        refused = run.state_type == "FAILED" and step in failed
        self._say_how(ended, flow, "refused, as it should be," if refused else str(run.state_name))
        if not refused:
            self.surprise(f"{flow} must be refused at {step}, and ended {_ending(run)}")
        return ended

    def _ended(self, flow: str, parameters: Mapping[str, Any]) -> Ended:
        began_s = time.monotonic()
        run = self._api.start_run(self._api.deployment_id(f"{flow}/{SANDBOX_DEPLOYMENT}"), parameters)
        with self._console.status(flow) as status, watch.ended_with_us(self._api, self._running, run.id):

            def on_look(seen: FlowRun) -> None:
                steps = [task.name for task in self._api.task_runs(seen.id) if task.state_type == "RUNNING"]
                status.update(escape(f"{flow}  {', '.join(steps)}"))

            run = watch.wait_for(
                self._api,
                run.id,
                on_look,
                check=self._running.check,
                deadline_s=watch.RUN_ENDS_WITHIN_S,
            )
        self.runs += 1
        return Ended(run, written(self._api, run, self._key), time.monotonic() - began_s)

    def _say_how(self, ended: Ended, flow: str, how: str) -> None:
        self.say(f"{flow}: {how} in {ended.took_s:.1f} s  {self._api.run_url(ended.run.id)}")

    def say(self, *lines: str) -> None:
        """Print lines of the act."""
        for line in lines:
            self._console.print(f"  {line}".rstrip(), markup=False, highlight=False, soft_wrap=True)

    def must(self, holds: object, what: str) -> None:
        """End the demonstration unless it holds."""
        if not holds:
            self.surprise(f"it must be that {what}")

    def surprise(self, what: str) -> NoReturn:
        """End the demonstration.

        Raises:
            LocalError: always; names the act.

        """
        raise LocalError(f"act {self.act}, {self._title!r}: {what}")


def _ending(run: FlowRun) -> str:
    return f"{run.state_name}: {run.message}" if run.message else str(run.state_name)
