"""Which port a server takes: the one asked for, else the one of before, else the usual one, else any free one."""

import json
import os
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Port:
    """A port that can be set by an environment variable; `usual` keeps clear of Prefect's own 4200."""

    name: str
    variable: str
    usual: int


SANDBOX = Port("sandbox", "SANDBOX_PORT", 8880)
PREFECT = Port("Prefect server", "PREFECT_SERVER_PORT", 4280)


def is_free(port: int) -> bool:
    """Say whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Chosen:
    """The port of each name; `moved` says in a line each which could not have the one of before, and why."""

    ports: dict[str, int]
    moved: tuple[str, ...] = ()


def choose(port: Port, remembered: Sequence[int], environ: Mapping[str, str], others: Collection[int] = ()) -> int:
    """Return the port to take, none of `others`: the first remembered one that is free, the usual one, any free one.

    A port that was asked for is taken or refused, never replaced.
    """
    asked = environ.get(port.variable)
    if asked:
        if not asked.isdecimal() or not 0 < int(asked) < 65536:  # noqa: PLR2004  # highest TCP port
            raise LocalError(f"{port.variable}={asked} is not a port; give a number from 1 to 65535 or unset it")
        if int(asked) in others:
            raise LocalError(f"port {asked} is asked for twice: give {port.variable} another one, or unset it")
        if not is_free(int(asked)):
            raise LocalError(
                f"port {asked} for the {port.name} is taken by another program; "
                f"set {port.variable} to a free one, or unset it and one will be found"
            )
        return int(asked)
    for candidate in (*remembered, port.usual):
        if candidate not in others and is_free(candidate):
            return candidate
    return next(free for free in iter(_any_free, 0) if free not in others)


def choose_all(ports: tuple[Port, ...], memory: Path, environ: Mapping[str, str] = os.environ) -> Chosen:
    """Choose a port for each name and remember them in the file, so that bookmarks stay good.

    The file holds for each name the port of its bookmarks, and after it the one in its place while that is taken.
    """
    remembered = _remembered(memory)
    chosen: dict[str, int] = {}
    moved: list[str] = []
    for port in sorted(ports, key=lambda port: not environ.get(port.variable)):  # those that are asked for come first
        known = remembered.get(port.name, [])
        taken = choose(port, known, environ, chosen.values())
        first = taken if environ.get(port.variable) else next(iter(known), port.usual)
        if taken != first:
            moved.append(
                f"port {first} of the {port.name} is taken by another program: it is at {taken} now, and tries {first} "
                "first next time"
            )
        chosen[port.name] = taken
        remembered[port.name] = list(dict.fromkeys((first, taken)))
    memory.write_text(json.dumps(remembered), encoding="utf-8")
    return Chosen(chosen, tuple(moved))


def _remembered(memory: Path) -> dict[str, list[int]]:
    """Read the file; an earlier release wrote one port for each name."""
    try:
        content: dict[str, int | list[int]] = json.loads(memory.read_text(encoding="utf-8"))
        return {name: [ports] if isinstance(ports, int) else ports for name, ports in content.items()}
    except (AttributeError, OSError, ValueError):
        return {}
