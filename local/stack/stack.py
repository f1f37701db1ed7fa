"""Start the parts in order, see that they live, end them: one record of what runs, in `.local/stack.json`."""

import fcntl
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from local import processes
from local.errors import LocalError
from local.layout import Layout
from local.processes import Root
from local.stack import causes, ports
from local.stack.display import Display
from local.stack.parts import Part

STARTED_WITHIN_S = 240.0
"""Deadline of the start. Measured on two cores: 8 s, and 20 s on an empty folder."""
Kind = Literal["up", "demo"]


class Stack(BaseModel):
    """What runs. `kind` says who ends it: `make down`, or the `make demo` that started it.

    `is_complete` says that every part was begun and was ready once: a killed `make up` leaves half of them running.
    `moved` says which server is not at the port of before.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    sandbox_url: str
    api_url: str
    roots: tuple[Root, ...] = ()
    is_complete: bool = False
    moved: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise when one of the services has ended."""
        for root in self.roots:
            if not processes.is_alive(root):
                raise _ended(root)

    def stop(self, layout: Layout) -> list[str]:
        """End all its processes and forget it; return the names of those that still ran."""
        names = processes.stop(self.roots, layout.token)
        layout.stack_file.unlink(missing_ok=True)
        return names

    def is_up(self) -> bool:
        """Say whether everything was started and every service still runs."""
        return self.is_complete and all(processes.is_alive(root) for root in self.roots)


def _ended(root: Root) -> LocalError:
    code = processes.exit_code(root)
    how = "ended" if code is None else f"ended with exit code {code}"
    cause = causes.in_log(processes.tail(root.log), root.log.parent.parent)
    if cause:
        return LocalError(f"{root.name} {how}: {cause}; its log: {root.log}")
    return LocalError(f"{root.name} {how}; the last lines of {root.log}:\n{processes.tail(root.log)}")


def read(layout: Layout) -> Stack | None:
    """Return what was started last and not stopped; it may have died since."""
    try:
        return Stack.model_validate_json(layout.stack_file.read_bytes())
    except (OSError, ValueError):
        return None


def stop(layout: Layout) -> list[str]:
    """End what the folder's stack has running, also when its record is lost; return the names of what still ran."""
    recorded = read(layout)
    return recorded.stop(layout) if recorded else processes.stop((), layout.token)


def _write(layout: Layout, stack: Stack) -> None:
    draft = layout.stack_file.with_suffix(".draft")
    draft.write_text(stack.model_dump_json(indent=1), encoding="utf-8")
    draft.replace(layout.stack_file)


@contextmanager
def locked(layout: Layout, command: str) -> Generator[None]:
    """Hold the stack: two commands at once would start it twice on one database."""
    layout.make_folders()
    with layout.lock_file.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another local command"
            raise LocalError(f"`{holder}` is using the stack in {layout.folder}; wait for it or end it") from None
        file.truncate(0)
        file.write(command)
        file.flush()
        yield


def choose_addresses(layout: Layout, kind: Kind) -> Stack:
    """Return a stack with addresses of its own, in which nothing runs yet."""
    chosen = ports.choose_all((ports.SANDBOX, ports.PREFECT), layout.ports_file)
    at = chosen.ports
    return Stack(
        kind=kind,
        sandbox_url=f"http://{ports.HOST}:{at[ports.SANDBOX.name]}",
        api_url=f"http://{ports.HOST}:{at[ports.PREFECT.name]}/api",
        moved=chosen.moved,
    )


def start(
    layout: Layout,
    stack: Stack,
    parts: Sequence[Part],
    display: Display,
    *,
    deadline_s: float = STARTED_WITHIN_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Stack:
    """Start every part as soon as those before it are ready; return the stack when all are.

    What was started is on record at once, so that it can be stopped even when this process is killed meanwhile.
    """
    running: dict[str, Root] = {}
    ready: set[str] = set()
    for part in parts:
        display.show(part.name, "waiting")
    while len(ready) < len(parts):
        for part in parts:
            if part.name not in running and ready.issuperset(part.after):
                running[part.name] = _begin(layout, part, stack, display)
                stack = stack.model_copy(update={"roots": (*stack.roots, *_services([part], running))})
                _write(layout, stack)
            elif part.name in running and part.name not in ready and _is_ready(part, running[part.name]):
                ready.add(part.name)
                display.show(part.name, "done", note=part.note)
        stack.check()
        if display.elapsed_s > deadline_s:
            late = [root for name, root in running.items() if name not in ready]
            tails = "\n".join(f"  {root.log}:\n{processes.tail(root.log, 6)}" for root in late)
            raise LocalError(f"not ready after {deadline_s:.0f} s: {', '.join(r.name for r in late)}\n{tails}")
        sleep(0.1)
    stack = stack.model_copy(update={"is_complete": True})
    _write(layout, stack)
    return stack


def _begin(layout: Layout, part: Part, stack: Stack, display: Display) -> Root:
    if part.before:
        part.before()
    display.show(part.name, "running")
    log: Path = layout.log(part.name)
    dies_with_us = stack.kind == "demo" or part.ready is None
    return processes.start(part.name, part.command, env=part.env, cwd=layout.root, log=log, dies_with_us=dies_with_us)


def _services(parts: Iterable[Part], running: dict[str, Root]) -> list[Root]:
    return [running[part.name] for part in parts if part.ready]


def _is_ready(part: Part, root: Root) -> bool:
    if part.ready:
        return (part.port is None or processes.listens(root, part.port)) and part.ready()
    code = processes.exit_code(root)
    if code:
        raise _ended(root)
    return code == 0
