"""Two servers on one PostgreSQL and one Redis, as deploy/compose.yaml starts them: what one knows, both know."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from prefect.states import Running
from pydantic import SecretStr

from bench.fleet_machines import HOST, ROOT, Machine, running, server, wait_until_healthy
from bench.postgres import database
from blocks.cloudru import CloudRuCredentials
from local.prefect_api import PrefectApi
from tasks.run.lock import StackLockedError, stack_lock
from tests.postgres.dead_runs import NOBODY, automations, dead_run, send_heartbeat
from tests.postgres.redis_server import redis_server
from tests.support.operated import wait_for
from tests.support.prefect_client import prefect_at

pytestmark = pytest.mark.postgres
HEARTBEATS = 4
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Server:
    """One of the processes that answer; `http` asks it."""

    machine: Machine
    api: PrefectApi
    http: httpx.Client

    @contextmanager
    def asked(self) -> Generator[None]:
        """Inside the block Prefect's client, and so the flows, ask this one."""
        with prefect_at(self.machine.api_url, self.machine.folder):
            yield


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, Server]]:
    """Start what the compose file starts: migration, servers, services; with its variables, but for the addresses.

    On an empty database the second server waits for the first: both would register Prefect's block types, and the one
    that comes second ends. The compose file and Kubernetes start it again; nothing here does.
    """
    folder = tmp_path_factory.mktemp("servers")
    with ExitStack() as started:
        port = str(started.enter_context(redis_server(folder)))
        variables = COMPOSE["x-server"] | {
            "PREFECT_API_DATABASE_CONNECTION_URL": started.enter_context(database()),
            "PREFECT_REDIS_MESSAGING_HOST": HOST,
            "PREFECT_REDIS_MESSAGING_PORT": port,
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_HOST": HOST,
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_PORT": port,
            "PREFECT_UI_URL": f"http://{HOST}",
            "PREFECT_SERVER_DOCKET_URL": f"redis://{HOST}:{port}/1",
        }
        one, two = (replace(server(folder, **variables), name=name) for name in ("one", "two"))
        for each in (one, two):
            each.command = (*each.command, "--no-services")
        services = Machine("services", command_of("services"), folder, one.api_url, variables)
        migration = Machine("migration", command_of("migrate"), folder, one.api_url, variables)
        subprocess.run(
            [sys.executable, "-m", "prefect", *migration.command], env=migration.environment(), check=True, timeout=120
        )
        started.enter_context(running(one, services))
        first = _answering(one, started)
        started.enter_context(running(two))
        yield first, _answering(two, started)
        for each in (services, one, two):
            each.kill()  # nobody waits for their polite end


def _answering(machine: Machine, started: ExitStack) -> Server:
    api = started.enter_context(PrefectApi(machine.api_url))
    wait_until_healthy(machine, api)
    http = httpx.Client(base_url=machine.api_url, trust_env=False, timeout=60)
    return Server(machine, api, started.enter_context(http))


def command_of(service: str) -> tuple[str, ...]:
    """Return the command of a service of the compose file, as arguments of `prefect`."""
    prefect, *arguments = COMPOSE["services"][service]["command"]
    assert prefect == "prefect"
    return tuple(arguments)


def project() -> CloudRuCredentials:
    """Return credentials of a project that no other test locks a stack of."""
    return CloudRuCredentials(key_id="id", key_secret=SecretStr("secret"), project_id=str(uuid4()))


@pytest.mark.timeout(300)
def test_a_lock_taken_at_one_holds_at_the_other(servers: tuple[Server, Server]) -> None:
    """Whichever server a run asks, one run of a stack is at work at a time; what is let go at one is free at both."""
    one, two = servers
    own = project()
    with one.asked(), stack_lock(own, "base"):
        with two.asked(), pytest.raises(StackLockedError), stack_lock(own, "base", 0):
            pass
        with two.asked(), stack_lock(own, "another", 0):
            pass
    with two.asked(), stack_lock(own, "base", 0):
        pass


@pytest.mark.timeout(300)
def test_what_both_are_told_reaches_the_services(servers: tuple[Server, Server]) -> None:
    """A run made at one sends its last heartbeat to the other: the services hear of it, and end the run.

    The services may load an automation after the first heartbeat has passed, so it is sent again.
    """
    one, two = servers
    one.api.ensure_work_pool(NOBODY)
    with automations(one.http, within_s=10), one.asked():
        run = dead_run(Running())
        for _ in range(HEARTBEATS):
            send_heartbeat(two.http, run)
            with suppress(AssertionError):
                wait_for("the run has crashed", lambda: two.api.flow_run(run).state_type == "CRASHED", within_s=30)
                break
    assert two.api.flow_run(run).state_type == "CRASHED"
