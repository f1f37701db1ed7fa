"""`python -m local COMMAND`: what the make targets demo, demo-lifecycle, demo-tuning, up, down, deploy, probe call."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable
from types import FrameType

import httpx
from rich.console import Console

from local import processes
from local.demos.demo import demo
from local.demos.lifecycle import demo_lifecycle
from local.demos.probe import probe
from local.demos.tuning import demo_tuning
from local.deploying.deploy import deploy
from local.errors import LocalError
from local.layout import Layout
from local.stack import causes
from local.stack.down import down
from local.stack.up import up

COMMANDS: dict[str, Callable[[Layout, Console], int]] = {
    "demo": demo,
    "demo-lifecycle": demo_lifecycle,
    "demo-tuning": demo_tuning,
    "up": up,
    "down": down,
    "deploy": deploy,
    "probe": probe,
}
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = parser.parse_args(arguments).command
    for number in processes.INTERRUPTS:
        signal.signal(number, _interrupt)
    layout = Layout.of_checkout()
    try:
        return COMMANDS[command](layout, Console())
    except KeyboardInterrupt:
        print(f"make {command}: interrupted; what it had started is ended", file=sys.stderr)
        return INTERRUPTED
    except LocalError as error:
        return _ended(command, str(error))
    except (httpx.HTTPError, OSError) as error:
        return _ended(command, causes.of_error(error, layout.folder))


def _ended(command: str, why: str) -> int:
    print(f"make {command}: {why}", file=sys.stderr)
    return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
