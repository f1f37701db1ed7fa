"""Who takes part in `bench.resync`: three programs as a user would call them to mirror a folder, and the product."""

from collections.abc import Callable
from pathlib import Path

from upath import UPath

from bench.transfer_contestants import Contestant, aws, beside_python, client_of, runner
from clouds.cloudru.storage import Document

PRODUCT = "Storage.sync_plan"


def product(base_url: str) -> Contestant:
    """Plan, send, delete: on a client that has connected to nothing yet."""

    def sync(source: Path, bucket: str, prefix: str) -> None:
        documents = [Document(path.name, UPath(path)) for path in sorted(source.iterdir())]
        with client_of(base_url) as client:
            plan = client.storage.sync_plan(bucket, prefix, documents, delete_missing=True)
            client.storage.send(plan)
            if plan.missing:
                client.storage.delete_objects(bucket, plan.missing)

    return Contestant(PRODUCT, sync)


def programs(base_url: str, workplace: Path) -> tuple[list[Contestant], list[str]]:
    """Return the programs that are there, and a line for each that is not."""
    run = runner(base_url)
    found: list[Contestant] = []
    missing: list[str] = []

    def add(name: str, binary: str | None, call: Callable[[str, str], list[str]], version: str) -> None:
        if binary is None:
            missing.append(f"{name}: not installed")
            return
        found.append(
            Contestant(
                name,
                lambda source, bucket, prefix: run(binary, *call(str(source), f"{bucket}/{prefix}")),
                lambda: run(binary, version),
            )
        )

    add(
        "rclone sync --checksum",
        beside_python("rclone"),
        lambda source, place: ["-q", "sync", "--checksum", "--fast-list", source, f"store:{place}"],
        "version",
    )
    add(
        "rclone, 16 at once",
        beside_python("rclone"),
        lambda source, place: [
            *["-q", "sync", "--checksum", "--fast-list", "--transfers=16", "--checkers=16"],
            *[source, f"store:{place}"],
        ],
        "version",
    )
    add(
        "s5cmd sync --delete",
        beside_python("s5cmd"),
        lambda source, place: [
            *["--log=error", "--endpoint-url", base_url, "sync", "--delete", f"{source}/", f"s3://{place}/"]
        ],
        "version",
    )
    add(
        "aws s3 sync --delete",
        aws(workplace),
        lambda source, place: [
            "--endpoint-url",
            base_url,
            "s3",
            "sync",
            "--quiet",
            "--delete",
            source,
            f"s3://{place}",
        ],
        "--version",
    )
    return found, missing
