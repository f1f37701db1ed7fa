"""`python -m bench.sync_memory`: memory while a folder is synchronised, over the number and the size of documents.

Each sync runs in a process of its own, first into an empty folder and then again with nothing changed; peak resident
memory is what the system says of that process. The baseline is the same process with an empty folder of documents.
The figure is the peak of the large document over the peak of as little as one small one; goal: below 64 MiB, which is
what the parts on their way take. What documents cost in number is shown as bytes a document: a list of them is held,
their contents are not.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from upath import UPath

from bench.transfer_contestants import client_of
from bench.upload import BUCKET, s3_server
from clouds.cloudru.storage import Document

FILE_BYTES = 256
FILES_IN_A_FOLDER = 1000
"""100 000 files in one folder slow the S3 server down to some 66 stores a second."""
LARGE_BYTES = 5 << 30
MEBIBYTE = 1 << 20


def sync(base_url: str, source: Path, prefix: str) -> int:
    """Plan and send; return the peak resident memory of this process in bytes."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    documents = [Document(path.relative_to(source).as_posix(), UPath(path)) for path in files]
    with client_of(base_url) as client:
        client.storage.send(client.storage.sync_plan(BUCKET, prefix, documents, delete_missing=True))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_a_process(base_url: str, source: Path, prefix: str) -> int:
    """Run `sync` in a process of its own and return its peak."""
    command = [sys.executable, "-m", "bench.sync_memory", "--sync", base_url, str(source), prefix]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def sources(workplace: Path, counts: list[int], large_bytes: int) -> dict[str, tuple[Path, int]]:
    """Write the folders of documents; return each with its number of documents."""
    found: dict[str, tuple[Path, int]] = {}
    for count in (0, 1, *counts):
        folder = workplace / f"{count} documents"
        folder.mkdir()
        for number in range(count):
            path = folder / f"{number // FILES_IN_A_FOLDER:03}" / f"{number:06}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(os.urandom(FILE_BYTES))
        found[folder.name] = folder, count
    if large_bytes:
        folder = workplace / f"one of {large_bytes / (1 << 30):g} GiB"
        folder.mkdir()
        with (folder / "large.txt").open("wb") as file:
            file.truncate(large_bytes)
        found[folder.name] = folder, 1
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--large-bytes", type=int, default=LARGE_BYTES)
    parser.add_argument("--sync", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sync:
        base_url, source, prefix = arguments.sync
        print(sync(base_url, Path(source), prefix))
        return
    lasting = Path(".local/bench").resolve()
    lasting.mkdir(parents=True, exist_ok=True)
    peaks: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory(dir=lasting, prefix="sync-memory-") as name:
        data = Path(name) / "data"
        (data / BUCKET).mkdir(parents=True)
        folders = sources(Path(name), arguments.documents, arguments.large_bytes)
        with s3_server(data) as base_url:
            for title, (folder, _) in folders.items():
                prefix = folder.name.replace(" ", "-")
                peaks[title] = in_a_process(base_url, folder, prefix), in_a_process(base_url, folder, prefix)
    base = peaks["0 documents"][0]
    print(f"{'':22}{'first, MiB':>12}{'again, MiB':>12}{'over none, MiB':>16}{'bytes a document':>18}")
    for title, (first, again) in peaks.items():
        over, count = max(first, again) - base, folders[title][1]
        each = f"{over / count:.0f}" if count > 1 else ""
        print(f"{title:22}{first / MEBIBYTE:12.0f}{again / MEBIBYTE:12.0f}{over / MEBIBYTE:16.1f}{each:>18}")
    last = list(peaks)[-1]
    print(f"\nsync_memory: {(max(peaks[last]) - max(peaks['1 documents'])) / MEBIBYTE:.1f} MiB for {last}")


if __name__ == "__main__":
    main()
