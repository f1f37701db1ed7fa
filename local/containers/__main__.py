"""`python -m local.containers`, what `make containers` calls: build, look inside, start, run a flow, render the charts.

Needs Docker, or Podman with `docker-compose`, and some minutes. Everything is made under names of its own and taken
away in the end. Variables that may be set:

ENGINE          docker or podman; without it Docker if its daemon answers
COMPOSE         the command of Compose 2 or later; without it `docker compose` or `docker-compose`
PYTHON_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE    other images than those of deploy/
BUILD_OPTIONS   options for the engine's `build`
CHARTS          a folder with Prefect's charts; without it they are pulled; none leaves them out
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from local.containers import charts, composed, engine, flow, image
from local.errors import LocalError
from local.layout import Layout


def step(name: str, work: Callable[[], str]) -> None:
    """Do one step; print how long it took and what it found."""
    begun = time.monotonic()
    print(f"{name} ...", flush=True)
    found = work()
    print(f"{name}: {found} ({time.monotonic() - begun:.1f} s)", flush=True)


def check(root: Path, stack: ExitStack) -> None:
    """Do all steps; what they start ends with the stack."""
    layout = Layout(root=root, folder=Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="containers-"))))
    layout.make_folders()
    step("charts", lambda: charts.check(root, layout.folder))
    used = stack.enter_context(engine.found(layout.folder))
    print(f"engine: {used.program}, Compose: {' '.join(used.compose)}")
    stack.callback(lambda: _remove_image(used))
    step("build", lambda: image.build(used, root))
    step("import", lambda: image.import_all(used, root))
    begun = time.monotonic()
    services = stack.enter_context(composed.up(used, root))
    print(f"up: {', '.join(composed.WITH_HEALTHCHECK)} ({time.monotonic() - begun:.1f} s)", flush=True)
    step("health", lambda: composed.wait_until_healthy(services))
    step("UI", lambda: composed.ui(services))
    step("logs", lambda: composed.log_limits(services))
    step("documents", lambda: composed.documents(services))
    step("deploy", lambda: flow.deploy(services))
    url = stack.enter_context(flow.sandbox(services, layout))
    step("blocks", lambda: flow.save_blocks(services, layout, url))
    step("flow", lambda: flow.run(services))


def _remove_image(used: engine.Engine) -> None:
    with suppress(LocalError):
        used.run("rmi", "--force", image.NAME)


def main() -> int:
    """Run the check; return 0 only when every step has passed and what it had started is gone."""
    begun = time.monotonic()
    try:
        with ExitStack() as stack:
            check(Path(__file__).resolve().parents[2], stack)
        print("clean: containers, volumes, network and image are gone")
    except KeyboardInterrupt:
        print("make containers: interrupted; what it had started is ended", file=sys.stderr)
        return 130
    except LocalError as error:
        print(f"make containers: {error}", file=sys.stderr)
        return 1
    which = "all steps but the charts" if charts.are_left_out() else "all steps"
    print(f"containers: {which} passed in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
