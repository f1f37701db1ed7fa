"""A PostgreSQL in a temporary folder, on a free port of 127.0.0.1. It refuses root, so root lends it another user."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fleet_machines import HOST, free_port
from local.processes import _die_with_parent

STARTED_WITHIN_S = 60.0
PACKAGE_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
"""Where Debian puts the programs that no user calls by hand; one folder for each major version."""


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, the newest version's."""
    folders = os.pathsep.join([*map(str, reversed(PACKAGE_FOLDERS)), os.environ.get("PATH", "")])
    found = shutil.which(name, path=folders)
    if found is None:
        raise FileNotFoundError(f"{name} is missing: install PostgreSQL's server (apt-get install postgresql)")
    return found


def another_user() -> dict[str, Any]:
    """Return the user for `subprocess`; nothing when we are not root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def database() -> Generator[str]:
    """Start it and return the URL that Prefect's server takes; remove it in the end.

    It does not wait for the disk: what is killed beside it is never the database.
    """
    initdb, postgres, is_ready = program("initdb"), program("postgres"), program("pg_isready")
    lent, port = another_user(), free_port()
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        if lent:
            shutil.chown(folder, lent["user"], lent["group"])
        data, log = f"{folder}/data", Path(folder, "log")
        make = [initdb, "-D", data, "-U", "prefect", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=False, **lent)
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")
        with log.open("wb") as output:
            server = subprocess.Popen(
                [postgres, "-D", data, "-h", HOST, "-p", str(port), "-k", folder, "-F"],
                cwd=folder,
                stdout=output,
                stderr=output,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # no thread of ours forks meanwhile
                **lent,
            )
        try:
            deadline_s = time.monotonic() + STARTED_WITHIN_S
            while subprocess.run([is_ready, "-q", "-h", HOST, "-p", str(port)], check=False).returncode:
                if server.poll() is not None or time.monotonic() > deadline_s:
                    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
                time.sleep(0.05)
            yield f"postgresql+asyncpg://prefect@{HOST}:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # ends at once what is still connected; SIGTERM would wait for it
            server.wait(STARTED_WITHIN_S)
