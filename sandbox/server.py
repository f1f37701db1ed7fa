"""The running server: it announces itself in one line, and ends with everything that it started."""

import contextlib
import socket
import sqlite3
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.errors import StartError
from sandbox.object_store.rclone import RcloneError
from sandbox.services import Services
from sandbox.settings import HUGGING_FACE_TOKEN, KEY_ID, KEY_SECRET, PROJECT_ID, TENANT_ID


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


def serve(listener: socket.socket, data_dir: Path, *, preload: bool) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT."""
    host, port = listener.getsockname()
    base_url = f"http://{host}:{port}"
    try:
        services = Services(data_dir, base_url)
        services.start()
    except RcloneError as error:
        raise StartError(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise StartError(f"{data_dir} cannot be used ({error}); choose another with --data") from error
    if preload:
        services.background(services.models.preload)
    line = (
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
        date_header=False,  # uvicorn's own is up to a second old; a client tells by it when an object was stored
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises Ctrl-C again once it has shut down
        AnnouncedServer(config, line).run(sockets=[listener])
