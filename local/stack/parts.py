"""The parts of a stack: which commands, which environment, after what, and when each is ready."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from local import environment
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import ports

POOL = "local"
SANDBOX_DEPLOYMENT = "sandbox"
"""Name of each flow's deployment that runs in the sandbox."""
DEPLOYMENTS_FILE = "deployments.yaml"


@dataclass(frozen=True)
class Part:
    """A command. `ready` is None for one that does its work and ends; `after` are the parts that it needs ready.

    `port` is where it has to listen itself: an answer alone could come from another program on that port.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    port: int | None = None
    after: tuple[str, ...] = ()
    before: Callable[[], None] | None = None
    note: str = ""


def of_stack(
    layout: Layout,
    *,
    sandbox_url: str,
    api: PrefectApi,
    api_url: str,
    deployments: str | None = None,
    now: datetime | None = None,
) -> tuple[Part, ...]:
    """Return sandbox and server, which start at once, and what needs the server.

    Of the deployments those that are called `deployments` are made, or all, each in about a second; those that are as
    the file says are left, and so is what was switched on the server.
    """
    python = sys.executable
    env = environment.of_stack(layout, api_url)
    since = now or datetime.now(UTC)
    sandbox_port, server_port = (int(httpx.URL(url).port or 0) for url in (sandbox_url, api_url))
    prefect = (python, "-m", "prefect")
    deploy = (python, "-m", "local.deploying.apply", *(("--name", deployments) if deployments else ()))
    return (
        Part(
            "sandbox",
            (python, "-m", "sandbox", "--port", str(sandbox_port), "--data", str(layout.sandbox_data)),
            environment.of_sandbox(env),
            ready=lambda: _answers(f"{sandbox_url}/_sandbox/health"),
            port=sandbox_port,
            note=sandbox_url,
        ),
        Part(
            "server",
            (python, "-m", "local.prefect_server", "--host", ports.HOST, "--port", str(server_port)),
            env,
            ready=api.is_healthy,
            port=server_port,
            note=api_url.removesuffix("/api"),
        ),
        Part(
            "worker",
            (*prefect, "worker", "start", "--pool", POOL, "--type", "process", "--name", POOL),
            env,
            ready=lambda: api.has_worker(POOL, since),
            after=("server",),
            before=lambda: _make_ready_for_worker(api),
            note=f"work pool {POOL}",
        ),
        Part(
            "blocks",
            (python, "-m", "local.stack.sandbox_blocks", sandbox_url),
            env,
            after=("sandbox", "server"),
            note="sandbox and yandex-sandbox",
        ),
        Part("deployments", deploy, env, after=("server",), note=f"from {DEPLOYMENTS_FILE}"),
    )


def _make_ready_for_worker(api: PrefectApi) -> None:
    api.ensure_work_pool(POOL)
    api.mark_orphans_cancelled()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False
