"""The running server: it prints one line when it is ready, and ends with everything that it started."""

import contextlib
import socket
import sqlite3
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.errors import StartError
from sandbox.object_store.rclone import RcloneError
from sandbox.services import Services
from sandbox.settings import (
    HUGGING_FACE_TOKEN,
    KEY_ID,
    KEY_SECRET,
    PROJECT_ID,
    TENANT_ID,
    YANDEX_API_KEY,
    YANDEX_FOLDER_ID,
)
from sandbox.yandex.server import YandexServer


class AnnouncedServer(uvicorn.Server):
    """A server that prints one line when it is ready; the gRPC server ends with it."""

    def __init__(self, config: uvicorn.Config, line: str, yandex: YandexServer) -> None:
        super().__init__(config)
        self._line, self._yandex = line, yandex

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and print the line."""
        await super().startup(sockets)
        if self.started:
            print(self._line, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking calls, of gRPC first: the services close with the HTTP server."""
        self._yandex.stop()
        await super().shutdown(sockets)


def serve(listener: socket.socket, data_dir: Path, *, grpc_port: int, preload: bool) -> None:
    """Serve on a bound socket and a gRPC port (0: any) until SIGTERM or SIGINT."""
    host, port = listener.getsockname()
    base_url = f"http://{host}:{port}"
    try:
        services = Services(data_dir, base_url)
        yandex = YandexServer(services.host, services.yandex)
        grpc_port = yandex.start(grpc_port)
        listener.listen()  # work that a restart interrupted calls this port: it waits instead of being refused
        services.start()
    except RcloneError as error:
        raise StartError(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise StartError(f"{data_dir} cannot be used ({error}); choose another with --data") from error
    if preload:
        services.host.background(services.cloudru.models.preload)
    line = (
        f"sandbox ready at {base_url} grpc {host}:{grpc_port} key_id={KEY_ID} key_secret={KEY_SECRET} "
        f"project_id={PROJECT_ID} tenant_id={TENANT_ID} huggingface_token={HUGGING_FACE_TOKEN} "
        f"yandex_folder_id={YANDEX_FOLDER_ID} yandex_api_key={YANDEX_API_KEY}"
    )
    config = uvicorn.Config(
        create_app(services),
        http="httptools",
        loop="uvloop",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # uvicorn's own is up to a second old; a client reads in it when an object was stored
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises Ctrl-C again once it has shut down
        AnnouncedServer(config, line, yandex).run(sockets=[listener])
