"""Processes are started in the background, recognised, and ended; other people's are left alone."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from local import processes
from local.layout import Layout
from local.processes import TOKEN_VARIABLE, Root

TOKEN = "token-of-this-test"
SLEEPER = (sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(600)")
HAS_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
PARENT = (sys.executable, "-c", HAS_A_CHILD)
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('begun', flush=True); time.sleep(600)",
)

INTERRUPTS_BACK = """
import os, signal, time
def answer(*_):
    os.kill(os.getppid(), signal.SIGINT)
    os._exit(0)
signal.signal(signal.SIGTERM, answer)
print("begun", flush=True)
time.sleep(600)
"""


def begin(layout: Layout, *command: str, token: str = TOKEN) -> Root:
    """Start a command and return once it has written its first line."""
    env = {**os.environ, TOKEN_VARIABLE: token}
    root = processes.start("part", command, env=env, cwd=layout.root, log=layout.log("part"), dies_with_us=True)
    while not first_line(root.log):
        assert processes.is_alive(root), processes.tail(root.log)
    return root


def first_line(log: Path) -> str:
    """Return the first whole line of a log."""
    text = log.read_text()
    return text.partition("\n")[0] if "\n" in text else ""


def test_ended_process_is_gone(layout: Layout) -> None:
    """After stop the process is not alive, and stop says that it had been."""
    root = begin(layout, *SLEEPER)
    assert processes.stop([root], TOKEN) == ["part"]
    assert not processes.is_alive(root)
    assert processes.stop([root], TOKEN) == []


def test_what_it_started_ends_too(layout: Layout) -> None:
    """A child of the process is ended with it."""
    root = begin(layout, *PARENT)
    child = int(first_line(root.log))
    processes.stop([root], TOKEN)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_orphan_ends_too(layout: Layout) -> None:
    """A child whose parent was killed before is still found, by the token."""
    root = begin(layout, *PARENT)
    child = psutil.Process(int(first_line(root.log)))
    psutil.Process(root.pid).kill()
    psutil.wait_procs([psutil.Process(root.pid)])
    assert child.is_running()
    processes.stop([root], TOKEN)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_process_that_ignores_sigterm_is_killed(layout: Layout) -> None:
    """A process that does not end when asked is killed after the grace."""
    root = begin(layout, *STUBBORN)
    processes.stop([root], TOKEN, grace_s=0.2)
    assert not processes.is_alive(root)


def test_second_interrupt_does_not_stop_the_stopping(layout: Layout) -> None:
    """Ctrl-C while processes are being ended is not heard; afterwards it is answered as before."""
    before = signal.getsignal(signal.SIGINT)
    roots = [begin(layout, sys.executable, "-c", INTERRUPTS_BACK), begin(layout, *STUBBORN)]
    assert processes.stop(roots, TOKEN, grace_s=0.5) == ["part", "part"]
    assert not any(processes.is_alive(root) for root in roots)
    assert signal.getsignal(signal.SIGINT) is before


def test_reused_process_id_is_not_ours(layout: Layout) -> None:
    """A process with the written id but another start time is neither taken for ours nor ended."""
    foreign = begin(layout, *SLEEPER, token="of somebody else")
    stale = foreign.model_copy(update={"started_at_s": foreign.started_at_s - 3600})
    assert not processes.is_alive(stale)
    assert processes.stop([stale], TOKEN) == []
    assert processes.is_alive(foreign)
    processes.stop([foreign], "of somebody else")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_child_ends_when_we_are_killed(layout: Layout) -> None:
    """A demo that is killed outright takes its processes along."""
    program = (
        "import os, sys, time; from pathlib import Path; from local import processes;"
        f"root = processes.start('inner', {SLEEPER!r}, env=dict(os.environ), cwd=Path('.'),"
        " log=Path(sys.argv[1]), dies_with_us=True); print(root.pid, flush=True); time.sleep(600)"
    )
    outer = begin(layout, sys.executable, "-c", program, str(layout.log("inner")))
    inner = psutil.Process(int(first_line(outer.log)))
    while not first_line(layout.log("inner")):
        assert inner.is_running()
    psutil.Process(outer.pid).kill()
    gone, _ = psutil.wait_procs([inner], timeout=10)
    assert gone == [inner]
    processes.stop([outer], TOKEN)


def test_tail_shows_the_end_of_the_log(layout: Layout) -> None:
    """The last lines are shown; a log that is missing or empty is said to be so."""
    log = layout.log("part")
    assert processes.tail(log) == "    (no log)"
    log.write_text("")
    assert processes.tail(log) == "    (the log is empty)"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    assert processes.tail(log, 2) == "    line 98\n    line 99"
