"""Docker or Podman, whichever is there: the few commands that are alike in both."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError

PROGRAMS = ("docker", "podman")
COMPOSE_PROGRAMS = (("docker", "compose"), ("docker-compose",))
SYSTEMD = Path("/run/systemd/system")
STARTED_WITHIN_S = 30.0
HEALTHCHECK_EVERY_S = 3.0


def call(
    command: Sequence[str], env: Mapping[str, str] | None = None, *, cwd: Path | None = None, timeout_s: float = 1800
) -> str:
    """Run a command and return what it prints.

    Raises:
        LocalError: it cannot be started, fails or takes longer; has its last lines.

    """
    try:
        ended = subprocess.run(
            command,
            env=env,
            cwd=cwd,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
    except OSError as error:
        raise LocalError(f"{command[0]} cannot be started ({error}): install it") from error
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"`{' '.join(command)}` has not ended within {timeout_s:.0f} s") from error
    if ended.returncode:
        last = "\n".join(ended.stdout.splitlines()[-30:])
        raise LocalError(f"`{' '.join(command)}` ended with {ended.returncode}:\n{last}")
    return ended.stdout


def succeeds(*command: str, env: Mapping[str, str] | None = None) -> bool:
    """Say whether the command is there and ends with 0."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, env=env, capture_output=True, check=False, timeout=60).returncode == 0


@dataclass(frozen=True)
class Engine:
    """A container engine; `env` leads Compose to it."""

    program: str
    compose: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """Run a command of the engine; return what it prints."""
        return call((self.program, *arguments))

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the engine knows of a container or image."""
        return json.loads(self.run("inspect", name))[0]


@contextlib.contextmanager
def found(folder: Path) -> Generator[Engine]:
    """Yield the engine: the one that ENGINE names, else Docker when its daemon answers, else Podman.

    Compose comes with Docker; with Podman it talks to a service of Podman's, which lives in the folder as long as this.

    Raises:
        LocalError: no engine answers, or no Compose is there.

    """
    named = os.environ.get("ENGINE")
    program = next((each for each in PROGRAMS if each == (named or each) and succeeds(each, "info")), None)
    if program is None:
        raise LocalError(f"{named or 'neither docker nor podman'} answers `info`: install one and start it")
    if program == "docker":
        yield Engine(program, _compose(os.environ), os.environ)
        return
    socket = f"unix://{folder / 'podman.sock'}"
    env = {**os.environ, "DOCKER_HOST": socket, "DOCKER_BUILDKIT": "0"}
    with running(("podman", "system", "service", "--time", "0", socket), folder / "podman.log"):
        engine = Engine(program, _compose(env), env)
        _wait_for(folder / "podman.sock")
        with contextlib.nullcontext() if SYSTEMD.is_dir() else _healthchecks(engine):
            yield engine


def _compose(env: Mapping[str, str]) -> tuple[str, ...]:
    named = tuple(os.environ.get("COMPOSE", "").split())
    for program in (named,) if named else COMPOSE_PROGRAMS:
        if succeeds(*program, "version", env=env):
            return program
    raise LocalError("no Compose answers: install `docker compose` 2 or later, or name it in COMPOSE")


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Generator[None]:
    """Keep a program running for as long as the block lasts; its output goes to the log."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(path: Path) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while not path.exists():
        if time.monotonic() > end:
            raise LocalError(f"podman's service has made no {path} within {STARTED_WITHIN_S:.0f} s")
        time.sleep(0.1)


@contextlib.contextmanager
def _healthchecks(engine: Engine) -> Generator[None]:
    """Run the healthchecks of all containers now and then: Podman leaves that to timers of systemd, absent here."""
    ending = threading.Event()

    def keep_checking() -> None:
        while not ending.wait(HEALTHCHECK_EVERY_S):
            for name in _names(engine):
                subprocess.run((engine.program, "healthcheck", "run", name), capture_output=True, check=False)

    thread = threading.Thread(target=keep_checking, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _names(engine: Engine) -> list[str]:
    try:
        return engine.run("ps", "--filter", "label=com.docker.compose.project", "--format", "{{.Names}}").split()
    except LocalError:
        return []
