"""`python -m sandbox --port P --data DIR`: both clouds on 127.0.0.1 until SIGTERM or Ctrl-C."""

import argparse
import fcntl
import socket
import sqlite3
import sys
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.object_store.rclone import RcloneError
from sandbox.services import Services
from sandbox.settings import HUGGING_FACE_TOKEN, KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID

HOST = "127.0.0.1"


class AnnouncedServer(uvicorn.Server):
    """A server that says on stdout, in one line, when it is ready."""

    def __init__(self, config: uvicorn.Config, line: str) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and say so."""
        await super().startup(sockets)
        if self.started:
            print(self._line, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox; return 2 when the port or the data directory cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps all state")
    parser.add_argument("--preload", action="store_true", help="load the stand-in models now, not with the first run")
    options = parser.parse_args(arguments)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except (OSError, OverflowError) as error:
        print(f"sandbox: port {options.port} cannot be had ({error}); choose another with --port", file=sys.stderr)
        return 2
    base_url = f"http://{HOST}:{listener.getsockname()[1]}"
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        lock = (options.data / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends
        services = Services(options.data, base_url)
        services.start()
    except BlockingIOError:
        print(f"sandbox: {options.data} is used by another sandbox; choose another with --data", file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error) as error:
        print(f"sandbox: {options.data} cannot be written ({error}); choose another with --data", file=sys.stderr)
        return 2
    except RcloneError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    if options.preload:
        services.background(services.models.preload)
    ready = (
        f"sandbox ready at {base_url} key_id={KEY_ID} key_secret={KEY_SECRET} project_id={PROJECT_ID} "
        f"tenant_id={TENANT_ID} huggingface_token={HUGGING_FACE_TOKEN}"
    )
    config = uvicorn.Config(
        create_app(services),
        http="httptools",
        loop="uvloop",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    AnnouncedServer(config, ready).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
