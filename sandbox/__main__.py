"""`python -m sandbox --port P --grpc-port Q --data DIR`: both clouds on 127.0.0.1 until SIGTERM or Ctrl-C."""

import argparse
import fcntl
import os
import socket
import sys
from pathlib import Path

from sandbox.errors import StartError

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """Return a socket bound to this port of the loopback address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise StartError(f"port {port} cannot be used ({error}); choose another with --port") from error
    return listener


def lock(directory: Path) -> int:
    """Make the data directory this process's own until it ends; return the open file that holds the lock."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StartError(f"{directory} is used by another sandbox; choose another with --data") from error
    except OSError as error:
        raise StartError(f"{directory} cannot be written ({error}); choose another with --data") from error
    return file


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox; return 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--grpc-port", type=int, default=0, help="port of Yandex Cloud's gRPC; 0 takes any free one")
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps all state")
    parser.add_argument("--preload", action="store_true", help="load the stand-in models now, not with the first run")
    options = parser.parse_args(arguments)
    os.umask(0o077)  # what it makes holds keys, tokens and documents; a directory that is there keeps its mode
    try:
        listener = bind(options.port)
        lock(options.data)
        from sandbox.server import serve  # noqa: PLC0415  seconds of imports, which a taken port need not wait for

        serve(listener, options.data, grpc_port=options.grpc_port, preload=options.preload)
    except StartError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
