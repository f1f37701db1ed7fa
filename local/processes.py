"""Start processes in the background and end exactly these again.

Each stack's folder has a token that its processes and all their descendants carry in their environment. A process is
ours when its start time is the one we wrote down (the roots), or when it carries the token (what the roots started): a
process id alone may by now belong to somebody else.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

TOKEN_VARIABLE = "MANAGED_RAG_STACK"  # noqa: S105  # names a variable; the token is no secret
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class Root(BaseModel):
    """A process that we started: its id, and when it began, in seconds since the epoch."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started_at_s: float
    log: Path


def start(
    name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, dies_with_us: bool
) -> Root:
    """Start a command in a session of its own: Ctrl-C in the terminal reaches us and not it. Output goes to the log."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if dies_with_us else None,  # noqa: PLW1509  # no threads run yet
        )
    _children[process.pid] = process
    return Root(name=name, pid=process.pid, started_at_s=psutil.Process(process.pid).create_time(), log=log)


_children: dict[int, subprocess.Popen[bytes]] = {}


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, even by SIGKILL (Linux only; elsewhere a no-op)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def exit_code(root: Root) -> int | None:
    """Return the exit code of a child of this process that has ended; None while it runs."""
    child = _children.get(root.pid)
    return child.poll() if child else None


def is_alive(root: Root) -> bool:
    """Say whether that very process still runs."""
    return _find(root) is not None


def _find(root: Root) -> psutil.Process | None:
    exit_code(root)  # reaps our own child, which would stay as a zombie
    try:
        process = psutil.Process(root.pid)
        same = abs(process.create_time() - root.started_at_s) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def listens(root: Root, port: int) -> bool:
    """Say whether that very process listens on the port."""
    process = _find(root)
    try:
        sockets = process.net_connections("tcp4") if process else []
    except psutil.NoSuchProcess:
        return False
    return any(socket.status == psutil.CONN_LISTEN and socket.laddr.port == port for socket in sockets)


def descendants(token: str) -> list[psutil.Process]:
    """Return every process that carries the token, also one whose parent has died."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(TOKEN_VARIABLE) == token:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def stop(roots: Sequence[Root], token: str, *, grace_s: float = 8.0) -> list[str]:
    """End the roots and all that carries the token; return the names of the roots that still ran.

    The roots get SIGTERM and `grace_s` seconds to end their own children; what is left after that is killed. Where no
    root is left, what they started gets SIGTERM instead. A second Ctrl-C meanwhile is not heard: it would leave the
    rest running.
    """
    with _undisturbed():
        return _stop(roots, token, grace_s)


@contextmanager
def _undisturbed() -> Generator[None]:
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(roots: Sequence[Root], token: str, grace_s: float) -> list[str]:
    running = [(root.name, process) for root in roots if (process := _find(root))]
    running = running or [(f"left-over process {process.pid}", process) for process in descendants(token)]
    _end([process for _, process in running], psutil.Process.terminate, grace_s)
    _end(descendants(token), psutil.Process.kill, grace_s)
    return [name for name, _ in running]


def _end(those: Sequence[psutil.Process], how: Callable[[psutil.Process], None], within_s: float) -> None:
    for process in those:
        with suppress(psutil.NoSuchProcess):
            how(process)
    psutil.wait_procs(those, timeout=within_s)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-lines:]) or "    (the log is empty)"
