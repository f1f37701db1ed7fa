"""`make down`: end what `make up` started, and nothing else."""

from rich.console import Console

from local.errors import LocalError
from local.layout import Layout
from local.stack import stack


def down(layout: Layout, console: Console) -> int:
    """End the stack and say what was ended."""
    running = stack.read(layout)
    if running and running.kind == "demo":
        try:
            with stack.locked(layout, "make down"):
                running.stop(layout)  # what a demo left behind that was killed
        except LocalError:
            raise LocalError("a demo is running and ends what it started; press Ctrl-C there") from None
        console.print("Ended what an interrupted demo had left.")
        return 0
    names = stack.stop(layout)
    nothing = "Nothing was running any more." if running else "Nothing is up."
    console.print(f"Ended: {', '.join(names)}." if names else nothing)
    return 0
