"""`python -m local.health URL` or `python -m local.health services`: end with 0 when healthy, else with 1 and a line.

The healthchecks of deploy/compose.yaml. A server's or a worker's page answers 200 or not. `prefect server services
start` has no page: each process that runs the background services writes a heartbeat to Redis every 2 s, as the worker
`HOST#PID` of the docket "prefect", and docket drops a worker that has missed five (Prefect 3.9.1,
`prefect/cli/_server_utils.py`; pydocket 0.27.0, `docket/worker.py`).
"""

import asyncio
import os
import socket
import sys
from collections.abc import Iterable
from urllib.request import urlopen

SERVICES = "services"
DOCKET = "prefect"
DOCKET_URL = "PREFECT_SERVER_DOCKET_URL"
TIMEOUT_S = 8


def is_among(workers: Iterable[str], host: str) -> bool:
    """Say whether one of the workers, each `HOST#PID`, runs on this host."""
    return any(name.rpartition("#")[0] == host for name in workers)


async def heartbeats(url: str) -> list[str]:
    """Return the names of the workers that gave a sign of life within 10 s, from the Redis at this URL."""
    from docket import Docket  # noqa: PLC0415  half a second, which a page need not wait for

    async with Docket(name=DOCKET, url=url) as docket:
        return [worker.name for worker in await docket.workers()]


def services_fault() -> str | None:
    """Return what is wrong with the background services of this host; None when they are at work."""
    host = socket.gethostname()
    if is_among(asyncio.run(heartbeats(os.environ[DOCKET_URL])), host):
        return None
    return f"no heartbeat of {host} in Redis: the background services do not work; see their log"


def page_fault(url: str) -> str | None:
    """Return what is wrong with a page; None when it answers 200."""
    try:
        urlopen(url, timeout=TIMEOUT_S).close()  # noqa: S310  the URL stands in the compose file
    except OSError as error:
        return f"{url}: {error}"
    return None


def main(what: str) -> int:
    """Look once."""
    fault = services_fault() if what == SERVICES else page_fault(what)
    if fault:
        print(fault, file=sys.stderr)
    return int(fault is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
