"""`make up`: the sandbox, the Prefect server, a worker, the blocks and the deployments, in the background."""

import contextlib
from collections.abc import Generator

from rich.console import Console

from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import causes, parts, stack
from local.stack.display import Display
from local.stack.parts import Part
from local.stack.stack import Kind, Stack


def up(layout: Layout, console: Console) -> int:
    """Start what does not run; say where it is."""
    with stack.locked(layout, "make up"):
        running = stack.read(layout)
        if running and running.is_up():
            console.print("The stack is up already.")
            say_where(running, console)
            return 0
        with Display(console) as display:
            started = start(layout, "up", display)
    console.print("\nThe stack is up.")
    say_where(started, console)
    return 0


def start(layout: Layout, kind: Kind, display: Display) -> Stack:
    """Start a stack in place of one that has died or was half started; leave nothing behind when that fails."""
    causes.check_space(layout.folder)
    stack.stop(layout)
    fresh = stack.choose_addresses(layout, kind)
    with PrefectApi(fresh.api_url) as api:
        plan: tuple[Part, ...] = parts.of_stack(
            layout,
            sandbox_url=fresh.sandbox_url,
            api=api,
            api_url=fresh.api_url,
            deployments=parts.SANDBOX_DEPLOYMENT if kind == "demo" else None,
        )
        try:
            return stack.start(layout, fresh, plan, display)
        except BaseException:
            stack.stop(layout)
            raise


def take(layout: Layout, display: Display) -> Stack:
    """Return the stack that is up; else start one, for this command alone."""
    running = stack.read(layout)
    if running and running.kind == "up" and running.is_up():
        display.show("stack", "done", label="stack is up", note=running.api_url.removesuffix("/api"))
        return running
    return start(layout, "demo", display)


def give_back(layout: Layout, running: Stack, display: Display) -> None:
    """Leave the stack that was up; end one that was started for this command."""
    if running.kind == "up":
        return
    display.show("stop", "running", label="stop what was started")
    running.stop(layout)
    display.show("stop", "done")


@contextlib.contextmanager
def taken(layout: Layout, display: Display) -> Generator[Stack]:
    """Take the stack for as long as the block lasts."""
    running = take(layout, display)
    try:
        yield running
    finally:
        give_back(layout, running, display)


def say_where(running: Stack, console: Console) -> None:
    """Print the addresses, which of them are others than before, and what to do next."""
    console.print(
        "".join(f"  note         {line}\n" for line in running.moved)
        + f"  Prefect UI   {running.api_url.removesuffix('/api')}\n"
        f"  sandbox      {running.sandbox_url}\n"
        f"  logs         {running.roots[0].log.parent}\n"
        "Run the flow from the UI (Deployments > provision-rag) or with `make demo`; `make down` ends it all.\n"
        "A run that stays Scheduled or Late has no worker: `make up` again starts what has died.",
        highlight=False,
        soft_wrap=True,
    )
