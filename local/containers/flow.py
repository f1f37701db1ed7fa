"""A flow through the containers: deployed, with the sandbox's blocks, run by the worker."""

import contextlib
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx

from local import environment
from local.containers import forward, image
from local.containers.composed import Services
from local.containers.engine import call, running
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import FINAL_STATES, PrefectApi
from local.stack import ports

DEPLOYMENT = "provision-rag/sandbox"
ENDED_WITHIN_S = 600.0
SANDBOX_WITHIN_S = 120.0
MOUNTED = "/forward"


def deploy(services: Services) -> str:
    """Bring deployments.yaml and automations.yaml to the server, as `make deploy` does."""
    env = {**os.environ, "PREFECT_API_URL": f"{services.ui_url}/api"}
    call((sys.executable, "-m", "local", "deploy"), env)
    with PrefectApi(f"{services.ui_url}/api") as api:
        return f"{api.deployment_count()} deployments to {services.ui_url}"


@contextlib.contextmanager
def sandbox(services: Services, layout: Layout) -> Generator[str]:
    """Yield the URL of a sandbox on this machine that the worker reaches at the same URL."""
    port = ports.choose(ports.SANDBOX, (), os.environ)
    url, folder = f"http://{ports.HOST}:{port}", layout.folder / "forward"
    folder.mkdir()
    script = Path(forward.__file__)
    (folder / script.name).write_bytes(script.read_bytes())
    env = environment.of_sandbox(environment.of_stack(layout, f"{services.ui_url}/api"))
    served = (sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(layout.sandbox_data))
    passed_on = (sys.executable, str(script), str(folder / "sandbox.sock"), str(port))
    with running(served, layout.log("sandbox"), env), running(passed_on, layout.log("forward")):
        _wait_for_sandbox(url, layout)
        beside = _beside_worker(services, folder, port)
        try:
            yield url
        finally:
            services.engine.run("rm", "--force", beside)


def _beside_worker(services: Services, folder: Path, port: int) -> str:
    """Start a container in the worker's network that passes on to the socket; return its id."""
    network = f"container:{services.container('worker')}"
    mount = f"{folder.resolve()}:{MOUNTED}"
    command = ("python", f"{MOUNTED}/forward.py", str(port), f"{MOUNTED}/sandbox.sock")
    options = ("--detach", "--pull", "never", "--network", network, "--volume", mount, "--user", "0")
    return services.engine.run("run", *options, image.NAME, *command).split()[-1]


def _wait_for_sandbox(url: str, layout: Layout) -> None:
    end = time.monotonic() + SANDBOX_WITHIN_S
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/_sandbox/health", trust_env=False).is_success:
                return
        if time.monotonic() > end:
            raise LocalError(f"the sandbox has not answered within {SANDBOX_WITHIN_S:.0f} s: {layout.log('sandbox')}")
        time.sleep(0.5)


def save_blocks(services: Services, layout: Layout, sandbox_url: str) -> str:
    """Save the blocks that lead to the sandbox on the server."""
    env = environment.of_stack(layout, f"{services.ui_url}/api")
    call((sys.executable, "-m", "local.stack.sandbox_blocks", sandbox_url), env)
    return f"sandbox and yandex-sandbox lead to {sandbox_url}"


def run(services: Services) -> str:
    """Run the deployment with its defaults on the worker; return its final state and how long it took.

    Raises:
        LocalError: it has not become Completed, or its log leads people to an address that only containers know.

    """
    begun = time.monotonic()
    with PrefectApi(f"{services.ui_url}/api") as api:
        started = api.start_run(api.deployment_id(DEPLOYMENT))
        while (now := api.flow_run(started.id)).state_type not in FINAL_STATES:
            if time.monotonic() - begun > ENDED_WITHIN_S:
                raise LocalError(f"{DEPLOYMENT} is {now.state_name} after {ENDED_WITHIN_S:.0f} s")
            time.sleep(1)
        steps = len(api.task_runs(started.id))
    if now.state_type != "COMPLETED":
        raise LocalError(f"{DEPLOYMENT} ended as {now.state_name}: {now.message}")
    log = services.log("worker")
    if f"{services.ui_url}/runs/flow-run/{started.id}" not in log:
        raise LocalError(f"the worker's log does not name {services.ui_url}/runs/flow-run/{started.id}")
    return f"{DEPLOYMENT} is {now.state_name} after {time.monotonic() - begun:.0f} s and {steps} steps"
