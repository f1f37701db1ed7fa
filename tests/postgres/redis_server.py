"""A Redis on a free port of 127.0.0.1 that keeps nothing."""

import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import redis

from bench.fleet_machines import HOST, free_port
from local.processes import _die_with_parent

STARTED_WITHIN_S = 30.0


@contextmanager
def redis_server(folder: Path) -> Generator[int]:
    """Start it and return its port."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: install it (Debian, Ubuntu: apt-get install redis-server)"
    port = free_port()
    command = [program, "--bind", HOST, "--port", str(port), "--save", "", "--dir", str(folder)]
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_die_with_parent)  # noqa: PLW1509  # no thread of ours forks meanwhile
    try:
        client, deadline_s = redis.Redis(HOST, port), time.monotonic() + STARTED_WITHIN_S
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline_s, (folder / "redis.log").read_text()
                time.sleep(0.05)
        client.close()
        yield port
    finally:
        server.kill()
        server.wait()
