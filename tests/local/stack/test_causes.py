"""Causes that are told in one line with what to do."""

import errno
from pathlib import Path

import httpx
import pytest

from local.errors import LocalError
from local.stack import causes

FOLDER = Path("/of/the/stack")


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("sqlite3.DatabaseError: database disk image is malformed", "make clean"),
        ("alembic.util.exc.CommandError: Can't locate revision identified by '3b'", "another version of Prefect"),
        ("sqlite3.OperationalError: database or disk is full", "free some space"),
        ("sqlite3.OperationalError: attempt to write a readonly database", "cannot be written"),
        ("[Errno 98] error while attempting to bind: address already in use", "run make again"),
        ("ModuleNotFoundError: No module named 'lancedb'", "remove .venv"),
    ],
)
def test_last_words_of_a_log_tell_the_cause(log: str, told: str) -> None:
    """Each known ending says what to do; another one is left to the log itself."""
    assert told in (causes.in_log(f"line before\n{log}\nline after", FOLDER) or "")
    assert causes.in_log("IndexError: list index out of range", FOLDER) is None


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "the disk of /a/file is full"),
        (errno.EROFS, "/a/file cannot be written"),
        (errno.EACCES, "/a/file cannot be written"),
        (errno.ENOTDIR, "/a/file must be a folder"),
    ],
)
def test_folder_that_cannot_be_used_is_named(number: int, told: str) -> None:
    """A full, read-only or foreign folder is named, with the variable that names another one."""
    line = causes.of_error(OSError(number, "words of the system", "/a/file"), FOLDER)
    assert line.startswith(told)
    assert "LOCAL_DIR" in line


def test_little_room_is_said_before_anything_starts(tmp_path: Path) -> None:
    """A disk with less room than a stack needs ends the start, with both figures."""
    causes.check_space(tmp_path, least_bytes=1)
    with pytest.raises(LocalError, match=r"MB of free space and needs 1099511627776; free some, .*LOCAL_DIR"):
        causes.check_space(tmp_path, least_bytes=2**60)


def test_server_that_does_not_answer_is_named() -> None:
    """A refused connection and a 500 say which call, what came back, and where the logs are."""
    request = httpx.Request("POST", "http://127.0.0.1:9/api/flow_runs/filter?key=secret")
    refused = httpx.ConnectError("Connection refused", request=request)
    assert causes.of_error(refused, FOLDER) == (
        "POST http://127.0.0.1:9/api/flow_runs/filter got no answer (Connection refused); "
        "see /of/the/stack/log, then `make down` and try again"
    )
    failed = httpx.HTTPStatusError("500", request=request, response=httpx.Response(500, text="database is down"))
    assert "answered 500: database is down" in causes.of_error(failed, FOLDER)
