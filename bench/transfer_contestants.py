"""Who takes part in `bench.upload`: three programs as a user would call them, the product, and what it could have been.

Each is a function of (source directory, bucket, prefix) that returns when everything is stored.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
from botocore.config import Config
from upath import UPath

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.storage import CANNED_ACL, REGION, STORAGE_CLASS

TENANT, KEY, SECRET = "tenant", "key", "secret"
BUCKET = "bench-bucket"
AT_ONCE = 16
Store = Callable[[Path, str, str], None]


@dataclass(frozen=True)
class Contestant:
    """`start` does nothing but start up, measured apart: `program version`, or a client that uploads no document."""

    name: str
    store: Store
    start: Callable[[], None] | None = None
    sets_goal: bool = False


def product(base_url: str) -> Contestant:
    """`Storage.upload` on a client that has connected to nothing yet; in a flow the bucket's step has done that."""

    def upload(files: Iterable[Path], bucket: str, prefix: str) -> None:
        with client_of(base_url) as client:
            client.storage.upload(bucket, prefix, [Document(path.name, UPath(path)) for path in files])

    return Contestant(
        "Storage.upload",
        lambda source, bucket, prefix: upload(source.iterdir(), bucket, prefix),
        lambda: upload([], BUCKET, "start-up"),
    )


def boto3_threads(base_url: str) -> Contestant:
    """Show what boto3's own `upload_file` does in as many threads."""

    def store(source: Path, bucket: str, prefix: str) -> None:
        client = boto3.client(
            "s3",
            endpoint_url=base_url,
            region_name=REGION,
            aws_access_key_id=f"{TENANT}:{KEY}",
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=AT_ONCE),
        )
        extra = {"ACL": CANNED_ACL, "StorageClass": STORAGE_CLASS}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [
                pool.submit(client.upload_file, str(path), bucket, f"{prefix}/{path.name}", ExtraArgs=extra)
                for path in source.iterdir()
            ]
            for job in jobs:
                job.result()

    return Contestant("boto3, 16 threads", store)


def runner(base_url: str) -> Callable[..., None]:
    """Return a function that runs a program with the keys of the server, and with no configuration of the user's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RCLONE_"))}
    environment |= {
        "AWS_ACCESS_KEY_ID": f"{TENANT}:{KEY}",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "RCLONE_CONFIG": "",
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "Other",
        "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": f"{TENANT}:{KEY}",
        "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": SECRET,
        "RCLONE_CONFIG_STORE_ENDPOINT": base_url,
        "RCLONE_CONFIG_STORE_REGION": REGION,
    }

    def run(*command: str) -> None:
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    return run


def client_of(base_url: str) -> CloudRuClient:
    """Return a client of the bare S3 server; token and tenant are made up here."""

    def control_plane(request: httpx.Request) -> httpx.Response:
        token = {"access_token": "token", "expires_in": 3600}
        return httpx.Response(200, json=token if request.url.path.endswith("/token") else {"tenant_id": TENANT})

    return CloudRuClient(
        key_id=KEY,
        key_secret=SECRET,
        project_id="project",
        endpoints=Endpoints.under(base_url),
        http=httpx.MockTransport(control_plane),
    )


def programs(base_url: str, workplace: Path) -> tuple[list[Contestant], list[str]]:
    """Return the programs that are there, and a line for each that is not."""
    run = runner(base_url)
    found: list[Contestant] = []
    missing: list[str] = []

    def add(name: str, binary: str | None, call: Callable[[str, Path, str, str], list[str]], version: str) -> None:
        if binary is None:
            missing.append(f"{name}: not installed")
            return
        found.append(
            Contestant(
                name,
                lambda source, bucket, prefix: run(binary, *call(binary, source, bucket, prefix)),
                lambda: run(binary, version),
                sets_goal=True,
            )
        )

    rclone, s5cmd = beside_python("rclone"), beside_python("s5cmd")
    add("rclone copy", rclone, lambda _, s, b, p: ["-q", "copy", str(s), f"store:{b}/{p}"], "version")
    add(
        "rclone copy, 16 at once",
        rclone,
        lambda _, s, b, p: ["-q", "--transfers=16", "--checkers=16", "copy", str(s), f"store:{b}/{p}"],
        "version",
    )
    add(
        "s5cmd cp",
        s5cmd,
        lambda _, s, b, p: ["--log=error", "--endpoint-url", base_url, "cp", f"{s}/*", f"s3://{b}/{p}/"],
        "version",
    )
    add(
        "aws s3 sync",
        aws(workplace),
        lambda _, s, b, p: ["--endpoint-url", base_url, "s3", "sync", "--quiet", str(s), f"s3://{b}/{p}"],
        "--version",
    )
    return found, missing


def beside_python(name: str) -> str | None:
    """Return the program next to this interpreter, or the one on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def aws(workplace: Path) -> str | None:
    """Return the AWS CLI from an environment of its own, because it pins botocore; None when pip cannot get it."""
    directory = workplace / "awscli"
    binary = directory / "bin" / "aws"
    if not binary.exists():
        venv.create(directory, with_pip=True)
        pip = [str(directory / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "awscli"]
        subprocess.run(pip, check=False, capture_output=True)
    return str(binary) if binary.exists() else None
