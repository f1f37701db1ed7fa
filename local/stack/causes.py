"""Why a part of the stack has ended or the folder cannot be used, where that can be told: one line with what to do."""

import errno
import re
import shutil
from pathlib import Path

import httpx

from local.errors import LocalError

LEAST_FREE_BYTES = 100 * 2**20
"""A first `make demo` writes 5 MB, its database and logs grow from there; a full disk ends it without a word."""
ELSEWHERE = "or name a folder elsewhere with LOCAL_DIR"
ANEW = "`make clean` begins anew (blocks and runs of this stack are forgotten)"
IN_LOGS = {
    r"file is not a database|database disk image is malformed": "Prefect's database in {folder} is damaged; " + ANEW,
    r"Can't locate revision": "Prefect's database in {folder} was written by another version of Prefect; " + ANEW,
    r"disk is full|No space left on device": "the disk of {folder} is full; free some space, " + ELSEWHERE,
    r"readonly database|unable to open database file|Read-only file system|Permission denied": "{folder} cannot be"
    " written; make it and all in it yours, " + ELSEWHERE,
    r"(?i)address already in use|Port \d+ is already in use": "its port was taken meanwhile by another program; "
    "run make again, it takes another one",
    r"ModuleNotFoundError": "a package is missing; remove .venv and run make again",
}
"""Patterns of a log's last lines, each with what it means here."""


def in_log(text: str, folder: Path) -> str | None:
    """Return the cause that the last lines of a log tell; None when they do not."""
    found = next((cause for pattern, cause in IN_LOGS.items() if re.search(pattern, text)), None)
    return found.format(folder=folder) if found else None


def check_space(folder: Path, least_bytes: int = LEAST_FREE_BYTES) -> None:
    """Raise when the folder's disk has too little room for a stack."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < least_bytes:
        raise LocalError(
            f"{folder} has {free_bytes / 2**20:.0f} MB of free space and needs {least_bytes / 2**20:.0f}; "
            f"free some, {ELSEWHERE}"
        )


def of_error(error: OSError | httpx.HTTPError, folder: Path) -> str:
    """Return what has failed, and what to do."""
    if isinstance(error, httpx.HTTPError):
        return _of_http(error, folder)
    where = error.filename or folder
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {where} is full; free some space, {ELSEWHERE}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where} cannot be written ({error.strerror}); make it yours, {ELSEWHERE}"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{where} must be a folder and is none; move it away, {ELSEWHERE}"
    return str(error)


def _of_http(error: httpx.HTTPError, folder: Path) -> str:
    try:
        asked = f"{error.request.method} {error.request.url.copy_with(query=None)}"
    except RuntimeError:  # raised before there was a request
        return str(error)
    if isinstance(error, httpx.HTTPStatusError):
        said = f"answered {error.response.status_code}: {error.response.text[:200]}"
    else:
        said = f"got no answer ({error})"
    return f"{asked} {said}; see {folder / 'log'}, then `make down` and try again"
