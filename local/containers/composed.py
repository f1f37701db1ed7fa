"""The services of deploy/compose.yaml under a name of their own, and what is looked at in them."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.containers import image
from local.containers.engine import Engine, call
from local.errors import LocalError
from local.stack import ports

PROJECT = "managed-rag-flows-check"
FILE = "deploy/compose.yaml"
WITH_HEALTHCHECK = ("postgres", "redis", "server", "services", "worker")
ODD_CHARACTERS = "@:/?#%+& $'\"\\é"
"""A password may hold any character, so this one holds those that mean something in a URL, a shell or a YAML file."""
HEALTHY_WITHIN_S = 300.0


@dataclass(frozen=True)
class Services:
    """The services that run: how to ask Compose about them, and the address of the server."""

    engine: Engine
    command: tuple[str, ...]
    env: dict[str, str]
    port: int

    @property
    def ui_url(self) -> str:
        """Where a browser on this machine reaches the UI."""
        return f"http://{ports.HOST}:{self.port}"

    def compose(self, *arguments: str, timeout_s: float = 900) -> str:
        """Run a command of Compose; return what it prints."""
        return call((*self.command, *arguments), self.env, timeout_s=timeout_s)

    def container(self, service: str) -> str:
        """Return the id of the service's container, one that has ended too."""
        return self.compose("ps", "--all", "--quiet", service).split()[-1]

    def log(self, service: str) -> str:
        """Return what the service has printed."""
        return self.engine.run("logs", self.container(service))


@contextlib.contextmanager
def up(engine: Engine, root: Path) -> Generator[Services]:
    """Start the services from images that are there; in the end take them away with their volumes and network.

    Raises:
        LocalError: one did not become healthy; has the last lines of its log.

    """
    port = ports.choose(ports.Port("containers", "UI_PORT", 4290), (), os.environ)
    env = {
        **engine.env,
        "POSTGRES_PASSWORD": secrets.token_hex(8) + ODD_CHARACTERS,
        "IMAGE": image.NAME,
        "UI_PORT": str(port),
        "DOCUMENTS": str(root / "examples"),
    }
    command = (*engine.compose, "--project-name", PROJECT, "--file", str(root / FILE))
    services = Services(engine, command, env, port)
    _down(services)  # what a run that was killed has left
    try:
        services.compose("up", "--no-build", "--detach")
        yield services
    except LocalError as error:
        raise LocalError(f"{error}\n{_last_lines(services)}") from error
    finally:
        _down(services)


def _down(services: Services) -> None:
    services.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")


def _last_lines(services: Services) -> str:
    with contextlib.suppress(LocalError):
        return services.compose("ps", "--all") + services.compose("logs", "--no-color", "--tail", "30")
    return ""


def wait_until_healthy(services: Services) -> str:
    """Wait until the healthcheck of every service holds; return how they are.

    Raises:
        LocalError: one of them is not healthy in time, or has none.

    """
    end = time.monotonic() + HEALTHY_WITHIN_S
    while True:
        states = {service: _health(services, service) for service in WITH_HEALTHCHECK}
        if set(states.values()) == {"healthy"}:
            return ", ".join(states)
        if time.monotonic() > end:
            raise LocalError(f"not healthy within {HEALTHY_WITHIN_S:.0f} s: {states}")
        time.sleep(2)


def _health(services: Services, service: str) -> str:
    state = services.engine.inspect(services.container(service))["State"]
    return str((state.get("Health") or {}).get("Status") or "without a healthcheck")


def ui(services: Services) -> str:
    """Load the UI's page and a script of it; return their sizes.

    Raises:
        LocalError: the server answers without it, as it does when it cannot write its files.

    """
    with httpx.Client(base_url=services.ui_url, trust_env=False, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/")
        if not page.is_success or "<script" not in page.text:
            raise LocalError(f"{services.ui_url} serves no UI: HTTP {page.status_code} {page.text[:200]}")
        path = page.text.partition('src="')[2].partition('"')[0]
        script = browser.get(path).raise_for_status()
    return f"{services.ui_url} serves the page and {path}, {len(script.content)} bytes"


def documents(services: Services) -> str:
    """Let the worker list the folder that DOCUMENTS names; return how much is in it, in words.

    Raises:
        LocalError: the worker lists something else.

    """
    listed = services.engine.run("exec", services.container("worker"), "ls", "/documents").split()
    if "faq_products.txt" not in listed:
        raise LocalError(f"the worker's /documents is not the folder that DOCUMENTS names: {listed}")
    return f"/documents of the worker holds {', '.join(listed)}"


def log_limits(services: Services) -> str:
    """Say how much of each service's log is kept.

    Raises:
        LocalError: the log of one of them grows without limit.

    """
    listed = json.loads(services.compose("config", "--format", "json"))["services"]
    unlimited = [name for name, each in listed.items() if "max-size" not in each.get("logging", {}).get("options", {})]
    if unlimited:
        raise LocalError(f"no log limit: {', '.join(unlimited)}")
    return f"log limits for {len(listed)} services"
