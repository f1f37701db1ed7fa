"""Parts start in order, are looked after, and end together."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local import processes
from local.errors import LocalError
from local.layout import Layout
from local.processes import TOKEN_VARIABLE
from local.stack import stack
from local.stack.display import Display
from local.stack.down import down
from local.stack.parts import Part
from local.stack.stack import Kind, Stack


def python(program: str) -> tuple[str, ...]:
    """Return the command that runs a program."""
    return (sys.executable, "-c", program)


SERVICE = python("import time; print('begun', flush=True); time.sleep(600)")


def empty(kind: Kind = "demo") -> Stack:
    """Return a stack in which nothing runs."""
    return Stack(kind=kind, sandbox_url="http://127.0.0.1:1", api_url="http://127.0.0.1:1/api")


def part(
    name: str, command: tuple[str, ...], layout: Layout, *, service: bool = True, after: tuple[str, ...] = ()
) -> Part:
    """Return a part; a service is ready when it has written its first line."""
    log = layout.log(name)
    ready = (lambda: log.exists() and "\n" in log.read_text()) if service else None
    return Part(name, command, {**os.environ, TOKEN_VARIABLE: layout.token}, ready=ready, after=after)


def quiet() -> Console:
    """Return a console that writes into a string."""
    return Console(file=io.StringIO(), width=200)


def text(console: Console) -> str:
    """Return what was printed."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def begin(layout: Layout, *parts: Part, kind: Kind = "demo", deadline_s: float = 30) -> Stack:
    """Start the parts without showing them."""
    with Display(quiet()) as display:
        return stack.start(layout, empty(kind), parts, display, deadline_s=deadline_s)


def test_parts_start_after_those_they_need(layout: Layout) -> None:
    """A part that needs another one finds its work done, also when it is named first."""
    made = layout.folder / "made"
    second = part(
        "second", python(f"assert open({str(made)!r}).read() == 'x'"), layout, service=False, after=("first",)
    )
    first = part("first", python(f"open({str(made)!r}, 'w').write('x')"), layout, service=False)
    service = part("service", SERVICE, layout, after=("second",))
    started = begin(layout, second, service, first)
    assert [root.name for root in started.roots] == ["service"]
    started.stop(layout)


def test_record_is_there_while_it_runs_and_gone_after(layout: Layout) -> None:
    """What runs is on record for `make down`; after stop there is no record."""
    started = begin(layout, part("service", SERVICE, layout))
    assert stack.read(layout) == started
    assert started.is_up()
    started.stop(layout)
    assert stack.read(layout) is None
    assert not started.is_up()


def test_service_that_ends_while_starting_shows_its_last_words(layout: Layout) -> None:
    """The error names the part, its exit code and its log, and quotes the end of it."""
    dying = part("sandbox", python("import sys; sys.exit('the data directory is damaged')"), layout)
    with pytest.raises(LocalError, match=r"sandbox ended with exit code 1.*sandbox\.log:\n.*directory is damaged"):
        begin(layout, dying)


def test_failed_step_shows_its_last_words(layout: Layout) -> None:
    """A step that fails (blocks, deployments) ends the start with its own words."""
    with pytest.raises(LocalError, match=r"(?s)deployments ended with exit code 3.*no such entrypoint"):
        begin(layout, part("deployments", python("print('no such entrypoint'); exit(3)"), layout, service=False))


def test_start_has_a_deadline(layout: Layout) -> None:
    """A part that never becomes ready is named when the deadline has passed."""
    mute = part("server", python("import time; time.sleep(600)"), layout)
    with pytest.raises(LocalError, match="not ready after 0 s: server"):
        begin(layout, mute, deadline_s=0.3)
    left = stack.read(layout)
    assert left
    left.stop(layout)


def test_answer_of_another_program_does_not_count(layout: Layout) -> None:
    """A service is ready when it listens itself; another one on its port may answer, and would get our blocks."""
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        deaf = replace(part("server", SERVICE, layout), ready=lambda: True, port=port)
        with pytest.raises(LocalError, match="not ready after 0 s: server"):
            begin(layout, deaf, deadline_s=0.3)
    begun = stack.read(layout)
    assert begun
    begun.stop(layout)

    listener = f"import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(600)"
    begin(layout, replace(deaf, command=python(listener))).stop(layout)


def test_death_of_a_service_is_noticed(layout: Layout) -> None:
    """While the flow runs, a service that dies is an error and not an endless wait."""
    started = begin(layout, part("worker", SERVICE, layout))
    started.check()
    os.kill(started.roots[0].pid, signal.SIGKILL)
    while started.is_up():
        pass
    with pytest.raises(LocalError, match="worker ended with exit code -9"):
        started.check()
    started.stop(layout)


def test_two_commands_at_once_are_refused(layout: Layout) -> None:
    """The second one says who holds the stack; afterwards it is free again."""
    with (
        stack.locked(layout, "make demo"),
        pytest.raises(LocalError, match="`make demo` is using the stack"),
        stack.locked(layout, "make up"),
    ):
        pytest.fail("both held the lock")
    with stack.locked(layout, "make up"):
        pass


def test_services_do_not_inherit_the_lock(layout: Layout) -> None:
    """What stays in the background does not keep the next command out."""
    with stack.locked(layout, "make up"):
        started = begin(layout, part("service", SERVICE, layout), kind="up")
    with stack.locked(layout, "make demo"):
        pass
    started.stop(layout)


def test_down_ends_what_is_up_and_is_harmless_twice(layout: Layout) -> None:
    """`make down` names what it ended; a second one finds nothing."""
    started = begin(layout, part("server", SERVICE, layout), kind="up")
    console = quiet()
    assert down(layout, console) == 0
    assert down(layout, console) == 0
    assert text(console) == "Ended: server.\nNothing is up.\n"
    assert not processes.is_alive(started.roots[0])


def test_down_leaves_a_running_demo_alone(layout: Layout) -> None:
    """A demo in another terminal ends its own processes."""
    started = begin(layout, part("server", SERVICE, layout))
    with stack.locked(layout, "make demo"), pytest.raises(LocalError, match="press Ctrl-C there"):
        down(layout, quiet())
    assert started.is_up()
    assert down(layout, quiet()) == 0
    assert not started.is_up()


def test_half_started_stack_is_not_up(layout: Layout) -> None:
    """What a `make up` that was killed half-way has left is not taken for a stack, and `make down` ends it."""
    program = (
        "import io, os, sys; from rich.console import Console; from local.stack.display import Display;"
        "from pathlib import Path; from local.layout import Layout; from tests.local.stack.test_stack import *;"
        "layout = Layout(Path(sys.argv[1]), Path(sys.argv[2]));"
        "begin(layout, part('server', SERVICE, layout), part('worker', python('import time; time.sleep(600)'), layout),"
        " kind='up')"
    )
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", program, str(layout.root), str(layout.folder)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL) as making:
        while (left := stack.read(layout)) is None or len(left.roots) < 2:
            assert making.poll() is None
        making.kill()
    left = stack.read(layout)
    assert left
    assert all(processes.is_alive(root) for root in left.roots)
    assert not left.is_up()
    assert down(layout, quiet()) == 0
    assert processes.descendants(layout.token) == []


@pytest.mark.parametrize("lost", ["record", "folder"])
def test_down_needs_no_record(layout: Layout, lost: str) -> None:
    """With a damaged record, or without the folder that somebody has removed, `make down` still ends what runs."""
    started = begin(layout, part("server", SERVICE, layout), kind="up")
    if lost == "record":
        layout.stack_file.write_text("{")
    else:
        shutil.rmtree(layout.folder)
    console = quiet()
    assert down(layout, console) == 0
    assert text(console) == f"Ended: left-over process {started.roots[0].pid}.\n"
    assert processes.descendants(layout.token) == []


def test_damaged_record_is_as_good_as_none(layout: Layout) -> None:
    """A record that cannot be read does not stop the next command."""
    layout.stack_file.write_text(json.dumps({"kind": "up"}))
    assert stack.read(layout) is None


def test_folder_is_private(layout: Layout) -> None:
    """Prefect's database keeps encrypted blocks and their key side by side: nobody else may read the folder."""
    assert layout.folder.stat().st_mode & 0o077 == 0


def test_what_lies_in_a_folder_that_was_there_is_private(tmp_path: Path) -> None:
    """A folder of mode 755 stays as it is; database, sandbox's data and logs in it are for their owner."""
    layout = Layout(root=tmp_path, folder=tmp_path / "open")
    for folder in (layout.folder, layout.prefect_home, layout.sandbox_data):
        folder.mkdir(mode=0o755)
    layout.make_folders()
    modes = [path.stat().st_mode & 0o077 for path in (layout.prefect_home, layout.sandbox_data, layout.folder / "log")]
    assert modes == [0, 0, 0]
    assert layout.folder.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    """In a folder that others may write to, a link would put the database where somebody else reads it."""
    layout = Layout(root=tmp_path, folder=tmp_path / "open")
    layout.folder.mkdir()
    layout.prefect_home.symlink_to(tmp_path)
    with pytest.raises(LocalError, match="is a link or belongs to somebody else"):
        layout.make_folders()


def command(layout: Layout, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m local` in that folder."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        env={**os.environ, "LOCAL_DIR": str(layout.folder), **variables},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )


def test_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    """What stands where the folder must be is named, with the variable that names another one."""
    (tmp_path / "taken").write_text("mine")
    ended = command(Layout(root=tmp_path, folder=tmp_path / "taken"), "up")
    assert ended.returncode == 1
    assert ended.stderr == (
        f"make up: {tmp_path / 'taken'} must be a folder and is none; move it away, "
        "or name a folder elsewhere with LOCAL_DIR\n"
    )
    assert (tmp_path / "taken").read_text() == "mine"


def test_known_cause_takes_the_place_of_a_traceback(layout: Layout) -> None:
    """A damaged database of Prefect's is one line that says how to begin anew."""
    last_words = "sqlalchemy.exc.DatabaseError: (sqlite3.DatabaseError) file is not a database"
    dying = part("server", python(f"import sys; sys.exit({last_words!r})"), layout)
    with pytest.raises(LocalError, match=r"^server ended with exit code 1: .*is damaged; `make clean`.*server\.log$"):
        begin(layout, dying)


def test_taken_port_is_one_clear_line(layout: Layout) -> None:
    """`make up` on a taken port ends with 1 and a line that says which variable to change; nothing was started."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        ended = command(layout, "up", SANDBOX_PORT=str(port))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"make up: port {port} for the sandbox is taken by another program; "
        "set SANDBOX_PORT to a free one, or unset it and one will be found\n"
    )
    assert stack.read(layout) is None
