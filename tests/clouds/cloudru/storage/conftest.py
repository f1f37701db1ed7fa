"""A real S3 server that checks signatures (`rclone serve s3`), and the console's side of it."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from upath import UPath

from clouds.cloudru.assumptions import Assumptions, StorageAssumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document, Storage
from clouds.cloudru.wire.endpoints import Endpoints
from tests.clouds.cloudru.storage.control_plane import KEY_ID, KEY_SECRET, PROJECT, TENANT, ControlPlane, StorageMaker
from tests.clouds.cloudru.storage.odd_store import OddStore


@pytest.fixture(scope="session")
def s3_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory that the S3 server serves: a bucket is a directory in it."""
    return tmp_path_factory.mktemp("s3")


@pytest.fixture(scope="session")
def s3_url(s3_data: Path) -> Generator[str]:
    """`rclone serve s3`, once for all tests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "rclone"), "serve", "s3", "--addr", f"127.0.0.1:{port}"]
    command += [
        "--auth-key",
        f"{TENANT}:{KEY_ID},{KEY_SECRET}",
        "--config",
        "",
        "--vfs-cache-mode",
        "off",
        str(s3_data),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_until_it_listens(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_until_it_listens(port: int) -> None:
    """Another process starts here, so real time passes."""
    give_up_at_s = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < give_up_at_s, "rclone serve s3 did not start"
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def make_bucket(s3_url: str) -> Callable[[str], None]:
    """Make buckets the way S3 does; the server would not see a directory that appeared behind its back."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        region_name="ru-central-1",
        aws_access_key_id=f"{TENANT}:{KEY_ID}",
        aws_secret_access_key=KEY_SECRET,
        config=Config(s3={"addressing_style": "path"}),
    )

    def make(name: str) -> None:
        client.create_bucket(Bucket=name)

    return make


@pytest.fixture
def control_plane(s3_data: Path, make_bucket: Callable[[str], None]) -> Generator[ControlPlane]:
    """Start the console's side of the S3 server."""
    plane = ControlPlane(s3_data, make_bucket)
    yield plane
    plane.stop()


@pytest.fixture
def slept_s() -> list[float]:
    """Hold the pauses that a client of `storage_at` would have made."""
    return []


@pytest.fixture
def storage_at(control_plane: ControlPlane, slept_s: list[float]) -> Generator[StorageMaker]:
    """Return a maker of `Storage` for any S3 URL, with another secret or other assumptions; no retry ever sleeps."""
    clients: list[CloudRuClient] = []

    def make(
        url: str, *, key_secret: str = KEY_SECRET, key_id: str = KEY_ID, project_id: str = PROJECT, **assumed: bool
    ) -> Storage:
        endpoints = Endpoints.under(control_plane.url).model_copy(update={"storage": url})
        assumptions = Assumptions(storage=StorageAssumptions(**assumed))
        client = CloudRuClient(
            key_id=key_id,
            key_secret=key_secret,
            project_id=project_id,
            endpoints=endpoints,
            assumptions=assumptions,
            sleep=slept_s.append,
        )
        clients.append(client)
        return client.storage

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def storage(storage_at: StorageMaker, s3_url: str) -> Storage:
    """`Storage` on the real server."""
    return storage_at(s3_url)


@pytest.fixture
def bucket(s3_data: Path, make_bucket: Callable[[str], None]) -> str:
    """Make a bucket of this test's own."""
    name = f"bucket-{sum(1 for _ in s3_data.iterdir())}"
    make_bucket(name)
    return name


@pytest.fixture
def odd_store() -> Generator[OddStore]:
    """Start a store that misbehaves to order."""
    store = OddStore()
    yield store
    store.stop()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, bytes]], list[Document]]:
    """Write files and return them as documents."""

    def write_files(files: dict[str, bytes]) -> list[Document]:
        documents: list[Document] = []
        for name, data in files.items():
            path = tmp_path / "documents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            documents.append(Document(name, UPath(path)))
        return documents

    return write_files
